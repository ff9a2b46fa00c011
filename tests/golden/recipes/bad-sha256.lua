-- What is stated of a medium must be a digest.
local one = source { media = "media/win11.iso", image = "pe", sha256 = "12ab" }
local two = source {
  media = "media/win11.iso",
  image = 2,
  sha256 = "Zbf5d37ec71ac9f6d2b1aa4e7c1c6a8ab1bfdc4a58d4ea6e32fa86b8e0ff2b11",
}
return { wim { name = "one", from = one }, wim { name = "two", from = two } }
