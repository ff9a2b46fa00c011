local function helper(name)
  return isso { boot = name }
end

return helper("x")
