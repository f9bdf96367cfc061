-- The plugin and the server in a real Neovim:
--   nvim --clean -l tests/e2e.lua
-- TORCH_PITFALLS names the command to test; without it, the one on PATH.

local root = vim.fs.dirname(vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2))))
local command = vim.env.TORCH_PITFALLS or 'torch-pitfalls'
local SECONDS = 1000

local function check(condition, what)
  if not condition then
    io.stderr:write('FAIL ' .. what .. '\n')
    os.exit(1)
  end
  io.stdout:write('ok   ' .. what .. '\n')
end

local function eventually(condition, what)
  check(vim.wait(20 * SECONDS, condition, 20), what)
end

local function lines(buffer)
  return vim.api.nvim_buf_get_lines(buffer, 0, -1, true)
end

local SCRIPT = {
  'import torch',
  'from torch import nn',
  '',
  'model = nn.Linear(8, 1)',
  'optimizer = torch.optim.SGD(model.parameters(), lr=0.1)',
  'loss_function = nn.MSELoss()',
  'for epoch in range(10):',
  '    inputs, targets = torch.randn(4, 8), torch.randn(4, 1)',
  '    loss = loss_function(model(inputs), targets)',
  '    print("😀"); loss.backward()',
  '    optimizer.step()',
}

vim.opt.runtimepath:prepend(root)
vim.cmd('filetype plugin on')
vim.cmd('runtime! plugin/torch_pitfalls.lua')
check(vim.fn.exists(':TorchPitfallsExplain') == 2, 'plugin/ defines the commands')

require('torch_pitfalls').setup({ cmd = { command, 'server' } })
local folder = vim.fn.tempname()
vim.fn.mkdir(folder, 'p')
vim.fn.writefile(SCRIPT, folder .. '/train.py')
vim.cmd.edit(folder .. '/train.py')
local buffer = vim.api.nvim_get_current_buf()

local function ours()
  return vim.tbl_filter(function(diagnostic)
    return diagnostic.code == 'missing-zero-grad'
  end, vim.diagnostic.get(buffer))
end

local function client()
  return vim.lsp.get_clients({ bufnr = buffer, name = 'torch_pitfalls' })[1]
end

eventually(function()
  return #ours() == 1
end, 'the diagnostic appears')
local diagnostic = ours()[1]
local line = lines(buffer)[diagnostic.lnum + 1]
check(diagnostic.source == 'torch-pitfalls', 'its source is torch-pitfalls')
check(line:sub(diagnostic.col + 1, diagnostic.end_col):match('^loss%.backward'), 'its range is right after an emoji')

vim.api.nvim_win_set_cursor(0, { diagnostic.lnum + 1, diagnostic.col + 2 })
vim.lsp.buf.hover()
local float
eventually(function()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then
      float = window
      return true
    end
  end
  return false
end, 'the hover opens')
local hover = table.concat(lines(vim.api.nvim_win_get_buf(float)), '\n')
check(hover:match('zero_grad'), 'the hover speaks of zero_grad')
vim.api.nvim_win_close(float, true)

vim.cmd('TorchPitfallsExplain')
check(vim.bo.filetype == 'markdown' and table.concat(lines(0), '\n'):match('zero_grad'), ':TorchPitfallsExplain at the cursor')
vim.cmd.close()
check(
  vim.tbl_contains(vim.fn.getcompletion('TorchPitfallsExplain missing-z', 'cmdline'), 'missing-zero-grad'),
  ':TorchPitfallsExplain completes the rules'
)

vim.cmd('checkhealth torch_pitfalls')
local health = table.concat(lines(0), '\n')
check(health:match('Running for 1 buffer') and not health:match('ERROR'), ':checkhealth torch_pitfalls')
vim.cmd.close()

vim.cmd('TorchPitfallsKnown')
check(table.concat(lines(0), '\n'):match('findings of this line\n  missing%-zero%-grad'), ':TorchPitfallsKnown')
vim.cmd.close()

local function configure(settings)
  client().settings = { ['torch-pitfalls'] = settings }
  client():notify('workspace/didChangeConfiguration', { settings = client().settings })
end

configure({ severity = { ['missing-zero-grad'] = 'hint' } })
eventually(function()
  return #ours() == 1 and ours()[1].severity == vim.diagnostic.severity.HINT
end, 'a change of the severity counts at once')
configure({ ignore = { 'missing-zero-grad' } })
eventually(function()
  return #ours() == 0
end, 'so does one of the ignored rules')
configure(vim.empty_dict())
eventually(function()
  return #ours() == 1
end, 'and back')

local before = client().id
vim.cmd('TorchPitfallsRestart')
eventually(function()
  return client() ~= nil and client().id ~= before and client().initialized and #ours() == 1
end, ':TorchPitfallsRestart')

vim.lsp.buf.code_action({
  context = { only = { 'quickfix' }, diagnostics = { ours()[1].user_data.lsp } },
  filter = function(action)
    return action.isPreferred
  end,
  apply = true,
})
eventually(function()
  return table.concat(lines(buffer), '\n'):match('optimizer%.zero_grad%(%)') ~= nil
end, 'the quick fix inserts zero_grad()')
eventually(function()
  return #ours() == 0
end, 'the diagnostic disappears')

vim.cmd.undo()
eventually(function()
  return #ours() == 1
end, 'undo brings it back')
vim.cmd('TorchPitfallsFixAll')
eventually(function()
  return #ours() == 0
end, ':TorchPitfallsFixAll')

vim.cmd.undo()
eventually(function()
  return #ours() == 1
end, 'undo brings it back again')
vim.api.nvim_create_autocmd('BufWritePre', {
  pattern = '*.py',
  callback = function(event)
    require('torch_pitfalls').fix_now(event.buf)
  end,
})
vim.cmd.write()
check(
  table.concat(vim.fn.readfile(folder .. '/train.py'), '\n'):match('optimizer%.zero_grad%(%)'),
  'fix_now() repairs before the file is written'
)

-- The tags go into a copy: the plugin's own folder stays as it is.
vim.fn.mkdir(folder .. '/doc')
vim.uv.fs_copyfile(root .. '/doc/torch-pitfalls.txt', folder .. '/doc/torch-pitfalls.txt')
vim.opt.runtimepath:append(folder)
vim.cmd('helptags ' .. vim.fn.fnameescape(folder .. '/doc'))
vim.cmd('help :TorchPitfallsExplain')
check(vim.fn.expand('%:t') == 'torch-pitfalls.txt', ':help :TorchPitfallsExplain')

-- Another Neovim opens a file and ends: so do all its processes.
local function children(pid)
  local found = vim.api.nvim_get_proc_children(pid)
  for _, child in ipairs(vim.deepcopy(found)) do
    vim.list_extend(found, children(child))
  end
  return found
end

local function alive(pids)
  return vim.tbl_filter(function(pid)
    return vim.uv.kill(pid, 0) == 0
  end, pids)
end

local function leaves(how, leave)
  local job = vim.fn.jobstart({ vim.v.progpath, '--clean', '--embed', '--headless' }, { rpc = true })
  vim.rpcrequest(
    job,
    'nvim_exec_lua',
    [[
      local root, command, file = ...
      vim.opt.runtimepath:prepend(root)
      require('torch_pitfalls').setup({ cmd = { command, 'server' } })
      vim.cmd.edit(file)
    ]],
    { root, command, folder .. '/other.py' }
  )
  eventually(function()
    return vim.rpcrequest(job, 'nvim_exec_lua', 'return #vim.diagnostic.get(0)', {}) > 0
  end, 'another Neovim shows diagnostics')
  local pids = children(vim.fn.jobpid(job))
  check(#pids > 0, 'its server runs')
  leave(job)
  eventually(function()
    return #alive(pids) == 0
  end, how .. ' leaves no process behind')
end

vim.fn.writefile(SCRIPT, folder .. '/other.py')
leaves(':qa!', function(job)
  vim.rpcnotify(job, 'nvim_command', 'qa!')
end)
leaves('a Neovim that is killed', function(job)
  vim.uv.kill(vim.fn.jobpid(job), 'sigkill')
end)

local last = client()
last:stop()
eventually(function()
  return last:is_stopped()
end, 'the server stops')
io.stdout:write('PASS\n')
os.exit(0)
