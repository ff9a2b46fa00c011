-- A key that is too short.
return wim {
  name = "a", from = source { media = "@media/win11.iso", image = "pe" },
  symbols = symbols { "@media/x64", ids = { "a.pdb 0123456789ABCDEF1" } },
}
