"""What the services share: the contract, Redis, the stores, vision, operations on people, and the runtime."""
