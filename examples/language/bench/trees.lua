local Tree = {}
Tree.__index = Tree

function Tree.new(left, right)
    return setmetatable({left = left, right = right}, Tree)
end

function Tree:check()
    if self.left == nil then return 1 end
    return 1 + self.left:check() + self.right:check()
end

local function make(depth)
    if depth == 0 then return Tree.new(nil, nil) end
    return Tree.new(make(depth - 1), make(depth - 1))
end

local function trees(most)
    local long, depth = make(most), 4
    while depth < most do
        local count, sum = 1 << (most - depth + 4), 0
        for i = 1, count do sum = sum + make(depth):check() end
        print(count .. " " .. depth .. " " .. sum)
        depth = depth + 4
    end
    print(most .. " " .. long:check())
end
trees(14)
