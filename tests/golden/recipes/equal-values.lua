-- Values of equal content are equal, so one can be left out of a list that somebody else made.
local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
local fix = extend(look, { id = "fix", title = "Fix" })
local level = tier { name = "L1", allow = { look, fix } }
local allow = {}
for _, item in ipairs(level.allow) do
  if item ~= fix then allow[#allow + 1] = item end
end
return wim { name = "x", from = windows, tier = extend(level, { allow = allow }) }
