-- Settings of Windows PE with values that Windows does not take.
local boot = wim {
  name = "pe",
  from = source { media = "@media/win11.iso", image = "pe" },
  scratch_space = 100,
  target_path = "Windows",
  locale = "de_DE",
  keyboards = { "de-DE", "qwertz" },
  startnet = "wpeinit\ngrüße",
  winpeshl = { "cd \\tools" },
}
return boot
