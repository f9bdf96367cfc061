"""The language server. Only this package knows the Language Server Protocol."""
