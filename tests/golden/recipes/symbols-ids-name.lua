-- No PDB.
return wim {
  name = "a", from = source { media = "@media/win11.iso", image = "pe" },
  symbols = symbols { "@media/x64", ids = { "a.exe 0123456789ABCDEF0123456789ABCDEF1" } },
}
