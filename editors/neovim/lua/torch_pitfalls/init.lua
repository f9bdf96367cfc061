local M = {}

local NAME = 'torch_pitfalls'
local SOURCE = 'torch-pitfalls'
local STOP_MILLISECONDS = 3000
local FIX_MILLISECONDS = 2000
local COMMAND_MILLISECONDS = 10000

local function say(level, message)
  vim.notify(SOURCE .. ': ' .. message, level)
end

--- Enable the server. `opts` is merged into its `vim.lsp.Config`.
---@param opts? vim.lsp.Config
function M.setup(opts)
  vim.lsp.config(NAME, opts or {})
  vim.lsp.enable(NAME)
end

--- The command line that belongs to the configured server: its `cmd` with other arguments than `server`.
---@param arguments string[]
---@return string[]? command nothing if `cmd` does not end in `server`
function M.command(arguments)
  local cmd = (vim.lsp.config[NAME] or {}).cmd
  if type(cmd) ~= 'table' or cmd[#cmd] ~= 'server' then
    return nil
  end
  return vim.list_extend(vim.list_slice(cmd, 1, #cmd - 1), arguments)
end

---@return string? output nothing if the command could not be run, which `problem` explains
---@return string? problem
local function run(arguments)
  local command = M.command(arguments)
  if not command then
    return nil, 'the configured cmd does not end in "server", so there is no command line to ask'
  end
  local started, process = pcall(vim.system, command, { text = true })
  if not started then
    return nil, ('%s cannot be run'):format(command[1])
  end
  local result = process:wait(COMMAND_MILLISECONDS)
  if result.code ~= 0 then
    return nil, vim.trim(result.stderr ~= '' and result.stderr or 'it ended with status ' .. result.code)
  end
  return result.stdout, nil
end

local function slug_at_cursor()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local on_line
  for _, diagnostic in ipairs(vim.diagnostic.get(0, { lnum = row - 1 })) do
    if diagnostic.source == SOURCE then
      on_line = on_line or diagnostic.code
      if diagnostic.col <= column and column < diagnostic.end_col then
        return diagnostic.code
      end
    end
  end
  return on_line
end

local function open_text(name, text, filetype)
  vim.cmd.new()
  local buffer = vim.api.nvim_get_current_buf()
  vim.api.nvim_buf_set_lines(buffer, 0, -1, true, vim.split(vim.trim(text), '\n'))
  vim.bo[buffer].buftype = 'nofile'
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].swapfile = false
  vim.bo[buffer].modifiable = false
  vim.bo[buffer].filetype = filetype
  pcall(vim.api.nvim_buf_set_name, buffer, ('%s://%s'):format(SOURCE, name))
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buffer, desc = 'Close this window' })
end

--- Open the page of a rule in a split.
---@param slug? string the rule; otherwise the one of the diagnostic at the cursor or on its line
function M.explain(slug)
  slug = slug or slug_at_cursor()
  if not slug then
    return say(vim.log.levels.WARN, 'no diagnostic on this line; name a rule')
  end
  local page, problem = run({ 'explain', slug })
  if not page then
    return say(vim.log.levels.ERROR, problem)
  end
  open_text(slug, page, 'markdown')
end

--- Open all that the server knows at the cursor in a split, for reports of findings that are wrong or missing.
function M.known()
  local client = vim.lsp.get_clients({ bufnr = 0, name = NAME })[1]
  if not client then
    return say(vim.log.levels.WARN, 'no server is running for this buffer')
  end
  local place = vim.lsp.util.make_position_params(0, client.offset_encoding)
  local reply, problem = client:request_sync('workspace/executeCommand', {
    command = SOURCE .. '.describe',
    arguments = { place.textDocument.uri, place.position },
  }, COMMAND_MILLISECONDS, 0)
  local text = reply and reply.result
  if type(text) ~= 'string' then
    return say(vim.log.levels.ERROR, problem or vim.tbl_get(reply or {}, 'err', 'message') or 'nothing is known here')
  end
  open_text('known', text, 'text')
end

local slugs

--- The rules whose names begin with `start`.
---@param start string
---@return string[]
function M.complete(start)
  if not slugs then
    local decoded, rules = pcall(vim.json.decode, (run({ 'rules', '--output-format', 'json' })))
    if not decoded then
      return {}
    end
    slugs = vim.tbl_map(function(rule)
      return rule.id
    end, rules)
    table.sort(slugs)
  end
  return vim.tbl_filter(function(slug)
    return vim.startswith(slug, start)
  end, slugs)
end

--- Apply all safe fixes of torch-pitfalls to the current buffer.
function M.fix_all()
  vim.lsp.buf.code_action({
    context = { only = { 'source.fixAll.' .. SOURCE }, diagnostics = {} },
    apply = true,
  })
end

--- Apply all safe fixes to a buffer and return only then: for autocommands before a buffer is written.
---@param buffer? integer the current one by default
function M.fix_now(buffer)
  buffer = buffer or vim.api.nvim_get_current_buf()
  local client = vim.lsp.get_clients({ bufnr = buffer, name = NAME })[1]
  if not client then
    return
  end
  local last = vim.api.nvim_buf_line_count(buffer)
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(buffer),
    range = { start = { line = 0, character = 0 }, ['end'] = { line = last, character = 0 } },
    context = { only = { 'source.fixAll.' .. SOURCE }, diagnostics = {} },
  }
  local reply = client:request_sync('textDocument/codeAction', params, FIX_MILLISECONDS, buffer)
  for _, action in ipairs(reply and reply.result or {}) do
    if not action.edit then
      local resolved = client:request_sync('codeAction/resolve', action, FIX_MILLISECONDS, buffer)
      action = resolved and resolved.result or action
    end
    if action.edit then
      vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
    end
  end
end

--- Stop the server and start it again for the same buffers.
function M.restart()
  local clients = vim.lsp.get_clients({ name = NAME })
  if #clients == 0 then
    return say(vim.log.levels.WARN, 'no server is running')
  end
  for _, client in ipairs(clients) do
    local buffers = vim.tbl_keys(client.attached_buffers)
    client:stop()
    local function stopped()
      return client:is_stopped()
    end
    if not vim.wait(STOP_MILLISECONDS, stopped, 20) then
      client:stop(true)
      vim.wait(STOP_MILLISECONDS, stopped, 20)
    end
    for _, buffer in ipairs(buffers) do
      if vim.api.nvim_buf_is_loaded(buffer) then
        vim.lsp.start(client.config, { bufnr = buffer })
      end
    end
  end
end

return M
