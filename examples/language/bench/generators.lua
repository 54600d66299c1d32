local yield, wrap = coroutine.yield, coroutine.wrap

local function numbers(n)
    return wrap(function() for i = 0, n - 1 do yield(i) end end)
end

local function added(source, more)
    return wrap(function() for x in source do yield(x + more) end end)
end

local function chain(length, n)
    local source = numbers(n)
    for i = 0, length - 1 do source = added(source, i) end
    local sum = 0
    for x in source do sum = sum + x % 7 end
    return sum
end
print(chain(50, 200000))
