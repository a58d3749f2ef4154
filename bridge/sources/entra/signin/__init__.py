"""Signing in to a tenant with msal, which lives here and nowhere else."""
