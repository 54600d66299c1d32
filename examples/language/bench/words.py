# A text of words by a simple random number; then how often each occurs.
def text_of(lines):
    seed = 42
    all = []
    for i in range(lines):
        words = []
        for j in range(10):
            seed = (seed * 3877 + 29573) % 139968
            words.append("word" + str(seed % 5000))
        all.append(" ".join(words))
    return all


def count(lines):
    counts = {}
    for line in lines:
        for word in line.split():
            if word in counts:
                counts[word] += 1
            else:
                counts[word] = 1
    return counts


def main():
    counts = count(text_of(60000))
    most = None
    total = 0
    for word in counts:
        total += counts[word]
        if most == None or counts[word] > counts[most]:
            most = word
    print(len(counts), total, most, counts[most])


main()
