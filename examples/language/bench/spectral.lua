local function a(i, j) return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1) end

local function times(v, transposed)
    local result, n = {}, #v
    for i = 0, n - 1 do
        local sum = 0.0
        for j = 0, n - 1 do
            if transposed then sum = sum + a(j, i) * v[j + 1]
            else sum = sum + a(i, j) * v[j + 1] end
        end
        result[#result + 1] = sum
    end
    return result
end

local function both(v) return times(times(v, false), true) end

local function spectral(n)
    local u, v = {}, nil
    for i = 1, n do u[i] = 1.0 end
    for i = 1, 10 do
        v = both(u)
        u = both(v)
    end
    local uv, vv = 0.0, 0.0
    for i = 1, n do
        uv = uv + u[i] * v[i]
        vv = vv + v[i] * v[i]
    end
    return math.sqrt(uv / vv)
end
print(string.format("%.9f", spectral(200)))
