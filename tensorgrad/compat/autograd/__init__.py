"""What `tensorgrad.autograd` has under older names."""
