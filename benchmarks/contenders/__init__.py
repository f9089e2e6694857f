"""What is measured against each other; every module has a `measure(bed, case) -> Measured`."""
