"""What pmgit prints in varied repositories, recorded (test_golden.py)."""
