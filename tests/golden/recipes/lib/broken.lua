local function inner(name)
  local image = iso { boot = name, tiemout = 5 }
  return image
end
return function(name)
  local image = inner(name)
  return image
end
