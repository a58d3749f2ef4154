"""A Hyperproof and a directory to rehearse against. The running bridge never imports this."""
