local function place(row, n, columns, up, down)
    if row == n then return 1 end
    local found = 0
    for c = 0, n - 1 do
        if not columns[c + 1] and not up[row + c + 1] and not down[row - c + n + 1] then
            columns[c + 1] = true
            up[row + c + 1] = true
            down[row - c + n + 1] = true
            found = found + place(row + 1, n, columns, up, down)
            columns[c + 1] = false
            up[row + c + 1] = false
            down[row - c + n + 1] = false
        end
    end
    return found
end

local function falses(n)
    local t = {}
    for i = 1, n do t[i] = false end
    return t
end

local function queens(n) return place(0, n, falses(n), falses(2 * n), falses(2 * n + 1)) end
print(queens(11))
