-- A text of words by a simple random number; then how often each occurs.
local function text_of(lines)
    local seed, all = 42, {}
    for i = 1, lines do
        local words = {}
        for j = 1, 10 do
            seed = (seed * 3877 + 29573) % 139968
            words[#words + 1] = "word" .. tostring(seed % 5000)
        end
        all[#all + 1] = table.concat(words, " ")
    end
    return all
end

local function count(lines)
    local counts, order = {}, {}
    for _, line in ipairs(lines) do
        for word in line:gmatch("%S+") do
            if counts[word] then
                counts[word] = counts[word] + 1
            else
                counts[word] = 1
                order[#order + 1] = word
            end
        end
    end
    return counts, order
end

local counts, order = count(text_of(60000))
local most, sum = nil, 0
for _, word in ipairs(order) do
    sum = sum + counts[word]
    if most == nil or counts[word] > counts[most] then most = word end
end
print(#order .. " " .. sum .. " " .. most .. " " .. counts[most])
