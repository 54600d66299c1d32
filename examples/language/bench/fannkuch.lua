local function numbers(n)
    local t = {}
    for i = 1, n do t[i] = i - 1 end
    return t
end

local function fannkuch(n)
    local p, q, s = numbers(n), numbers(n), numbers(n)
    local sign, most, sum = 1, 0, 0
    while true do
        local first = p[1]
        if first ~= 0 then
            for i = 2, n do q[i] = p[i] end
            local flips = 1
            while true do
                local other = q[first + 1]
                if other == 0 then break end
                q[first + 1] = first
                if first >= 3 then
                    local i, j = 2, first
                    while i < j do
                        local t = q[i]
                        q[i] = q[j]
                        q[j] = t
                        i = i + 1
                        j = j - 1
                    end
                end
                first = other
                flips = flips + 1
            end
            sum = sum + sign * flips
            if flips > most then most = flips end
        end
        if sign == 1 then
            p[1], p[2] = p[2], p[1]
            sign = -1
        else
            p[2], p[3] = p[3], p[2]
            sign = 1
            local i = 3
            while i <= n do
                local sx = s[i]
                if sx ~= 0 then
                    s[i] = sx - 1
                    break
                end
                if i == n then return sum, most end
                s[i] = i - 1
                local t = p[1]
                for j = 1, i do p[j] = p[j + 1] end
                p[i + 1] = t
                i = i + 1
            end
        end
    end
end
local sum, most = fannkuch(9)
print("[" .. sum .. ", " .. most .. "]")
