-- Out of the store.
return wim {
  name = "a", from = source { media = "@media/win11.iso", image = "pe" },
  symbols = symbols { "@media/x64", ids = { "../a.pdb 0123456789ABCDEF0123456789ABCDEF1" } },
}
