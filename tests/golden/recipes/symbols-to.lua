-- Where no file of Windows can lie.
return wim {
  name = "a", from = source { media = "@media/win11.iso", image = "pe" },
  symbols = symbols { "@media/x64", to = "C:/Symbols" },
}
