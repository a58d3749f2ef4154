"""Entra ID, read over Microsoft Graph: complete, or with doubts that say what is missing."""
