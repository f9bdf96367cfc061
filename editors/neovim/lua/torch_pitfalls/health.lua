local M = {}

local NAME = 'torch_pitfalls'

local function check_version()
  if vim.fn.has('nvim-0.11') == 1 then
    vim.health.ok('Neovim ' .. tostring(vim.version()))
  else
    vim.health.error('Neovim is older than 0.11', { 'Install Neovim 0.11 or newer.' })
  end
end

local function check_command()
  local cmd = (vim.lsp.config[NAME] or {}).cmd
  if type(cmd) ~= 'table' then
    return vim.health.info('`cmd` is not a list of strings, so it cannot be checked')
  end
  if vim.fn.executable(cmd[1]) ~= 1 then
    return vim.health.error(('`%s` is not executable'):format(cmd[1]), {
      'Run `pip install torch-pitfalls` in the environment Neovim is started from,',
      "or set the path: `vim.lsp.config('torch_pitfalls', { cmd = { '/path/to/torch-pitfalls', 'server' } })`.",
    })
  end
  vim.health.ok(('`%s` is %s'):format(cmd[1], vim.fn.exepath(cmd[1])))
  local command = require('torch_pitfalls').command({ '--version' })
  if command then
    local result = vim.system(command, { text = true }):wait(10000)
    if result.code == 0 then
      vim.health.ok(vim.trim(result.stdout))
    else
      vim.health.error(('`%s` ended with status %d'):format(table.concat(command, ' '), result.code), {
        vim.trim(result.stderr),
      })
    end
  end
end

local function check_clients()
  local clients = vim.lsp.get_clients({ name = NAME })
  if #clients == 0 then
    return vim.health.info(
      "No server is running: it starts with the first Python file once `vim.lsp.enable('torch_pitfalls')` was called"
    )
  end
  for _, client in ipairs(clients) do
    vim.health.ok(
      ('Running for %d buffer(s), root %s'):format(
        vim.tbl_count(client.attached_buffers),
        client.root_dir or 'none (single file)'
      )
    )
  end
end

function M.check()
  vim.health.start('torch-pitfalls')
  check_version()
  if vim.fn.has('nvim-0.11') == 1 then
    check_command()
    check_clients()
  end
end

return M
