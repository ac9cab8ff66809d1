"""One module for each thing that is compared; each has `contests()`."""
