-- No size.
return wim {
  name = "a", from = source { media = "@media/win11.iso", image = "pe" },
  symbols = symbols { "@media/x64", max_size = "much" },
}
