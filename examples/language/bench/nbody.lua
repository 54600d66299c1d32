local sqrt = math.sqrt

-- Bodies are lists: place, speed, mass.
local function bodies()
    return {
        {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.47841760435743},
        {4.84143144246472, -1.16032004402743, -0.103622044471123,
         0.606326392995832, 2.81198684491626, -0.0252183616598876, 0.0376936749383349},
        {8.34336671824458, 4.1247985641243, -0.403523417114321,
         -1.01077434617879, 1.82566237123041, 0.00841576137658415, 0.0112863261319687},
        {12.8943695621391, -15.1111514016986, -0.223307578892656,
         1.08279100644153, 0.868713018169608, -0.0108326374013636, 0.00172372405705971},
        {15.3796971148509, -25.919314609987, 0.179258772950371,
         0.979090732243898, 0.594698998647676, -0.034755955504078, 0.00203368686992463},
    }
end

local function advance(system, dt)
    local n = #system
    for i = 1, n do
        local a = system[i]
        local x, y, z, mass = a[1], a[2], a[3], a[7]
        for j = i + 1, n do
            local b = system[j]
            local dx = x - b[1]
            local dy = y - b[2]
            local dz = z - b[3]
            local square = dx * dx + dy * dy + dz * dz
            local mag = dt / (square * sqrt(square))
            local other = b[7]
            a[4] = a[4] - dx * other * mag
            a[5] = a[5] - dy * other * mag
            a[6] = a[6] - dz * other * mag
            b[4] = b[4] + dx * mass * mag
            b[5] = b[5] + dy * mass * mag
            b[6] = b[6] + dz * mass * mag
        end
    end
    for _, b in ipairs(system) do
        b[1] = b[1] + dt * b[4]
        b[2] = b[2] + dt * b[5]
        b[3] = b[3] + dt * b[6]
    end
end

local function energy(system)
    local sum, n = 0.0, #system
    for i = 1, n do
        local a = system[i]
        sum = sum + 0.5 * a[7] * (a[4] * a[4] + a[5] * a[5] + a[6] * a[6])
        for j = i + 1, n do
            local b = system[j]
            local dx, dy, dz = a[1] - b[1], a[2] - b[2], a[3] - b[3]
            sum = sum - a[7] * b[7] / sqrt(dx * dx + dy * dy + dz * dz)
        end
    end
    return sum
end

local system = bodies()
for i = 1, 100000 do advance(system, 0.01) end
print(string.format("%.9f", energy(system)))
