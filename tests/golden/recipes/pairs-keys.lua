for k in pairs({ [true] = 1 }) do end
