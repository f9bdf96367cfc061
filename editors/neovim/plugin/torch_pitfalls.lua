if vim.g.loaded_torch_pitfalls then
  return
end
vim.g.loaded_torch_pitfalls = true

vim.api.nvim_create_user_command('TorchPitfallsExplain', function(command)
  require('torch_pitfalls').explain(command.fargs[1])
end, {
  nargs = '?',
  desc = 'Open the page of a rule: the named one, or the one at the cursor',
  complete = function(start)
    return require('torch_pitfalls').complete(start)
  end,
})

vim.api.nvim_create_user_command('TorchPitfallsFixAll', function()
  require('torch_pitfalls').fix_all()
end, { desc = 'Apply all safe fixes of torch-pitfalls to this file' })

vim.api.nvim_create_user_command('TorchPitfallsKnown', function()
  require('torch_pitfalls').known()
end, { desc = 'Open all that torch-pitfalls knows at the cursor' })

vim.api.nvim_create_user_command('TorchPitfallsLog', function()
  vim.cmd.tabedit(vim.fn.fnameescape(vim.lsp.log.get_filename()))
end, { desc = "Open Neovim's log of language servers" })

vim.api.nvim_create_user_command('TorchPitfallsRestart', function()
  require('torch_pitfalls').restart()
end, { desc = 'Restart the torch-pitfalls server' })
