---@brief
---
--- torch-pitfalls shows PyTorch pitfalls while you type, explains them and repairs them.
---
--- The server is installed with `pip install torch-pitfalls`; Python 3.10 or newer.
return {
  cmd = { 'torch-pitfalls', 'server' },
  filetypes = { 'python' },
  root_markers = { 'pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', 'Pipfile', '.git' },
  -- The same keys as [tool.torch-pitfalls] in pyproject.toml.
  settings = { ['torch-pitfalls'] = vim.empty_dict() },
}
