"""Operations on a person across all stores: correct, forget."""
