-- A list in which there is no PDB.
return wim {
  name = "a", from = source { media = "@media/win11.iso", image = "pe" },
  symbols = symbols { "@media/x64", ids = { "", "ntoskrnl.exe,5F0000001000,1" } },
}
