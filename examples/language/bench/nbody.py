from math import sqrt


# Bodies are lists: place, speed, mass.
def bodies():
    return [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.47841760435743],
        [4.84143144246472, -1.16032004402743, -0.103622044471123,
         0.606326392995832, 2.81198684491626, -0.0252183616598876, 0.0376936749383349],
        [8.34336671824458, 4.1247985641243, -0.403523417114321,
         -1.01077434617879, 1.82566237123041, 0.00841576137658415, 0.0112863261319687],
        [12.8943695621391, -15.1111514016986, -0.223307578892656,
         1.08279100644153, 0.868713018169608, -0.0108326374013636, 0.00172372405705971],
        [15.3796971148509, -25.919314609987, 0.179258772950371,
         0.979090732243898, 0.594698998647676, -0.034755955504078, 0.00203368686992463],
    ]


def advance(system, dt):
    n = len(system)
    for i in range(n):
        a = system[i]
        x = a[0]
        y = a[1]
        z = a[2]
        mass = a[6]
        for j in range(i + 1, n):
            b = system[j]
            dx = x - b[0]
            dy = y - b[1]
            dz = z - b[2]
            square = dx * dx + dy * dy + dz * dz
            mag = dt / (square * sqrt(square))
            other = b[6]
            a[3] -= dx * other * mag
            a[4] -= dy * other * mag
            a[5] -= dz * other * mag
            b[3] += dx * mass * mag
            b[4] += dy * mass * mag
            b[5] += dz * mass * mag
    for b in system:
        b[0] += dt * b[3]
        b[1] += dt * b[4]
        b[2] += dt * b[5]


def energy(system):
    total = 0.0
    n = len(system)
    for i in range(n):
        a = system[i]
        total += 0.5 * a[6] * (a[3] * a[3] + a[4] * a[4] + a[5] * a[5])
        for j in range(i + 1, n):
            b = system[j]
            dx = a[0] - b[0]
            dy = a[1] - b[1]
            dz = a[2] - b[2]
            total -= a[6] * b[6] / sqrt(dx * dx + dy * dy + dz * dz)
    return total


system = bodies()
for i in range(100000):
    advance(system, 0.01)
print("{:.9f}".format(energy(system)))
