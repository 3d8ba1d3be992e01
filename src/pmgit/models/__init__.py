"""What is done with whole models: adding, verifying and reporting them."""
