"""What every service needs: the contract, Redis, the stores, pictures, people, and what processes stand on."""
