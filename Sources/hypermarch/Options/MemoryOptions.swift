import ArgumentParser

/// An amount of memory, such as `512M`, `1.5GiB` or a number of bytes.
///
/// K, M, G and T, alone or with iB, are powers of 1024; with B alone, powers of 1000.
struct MemorySize: ExpressibleByArgument, Equatable {
  let byteCount: Int

  init(byteCount: Int) { self.byteCount = byteCount }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits), number.isFinite, !digits.hasPrefix("."),
      !digits.hasSuffix("."), let unit = Self.units[argument.dropFirst(digits.count).lowercased()]
    else { return nil }
    let byteCount = number * unit
    guard byteCount >= 1, byteCount <= 0x1p60 else { return nil }
    self.byteCount = Int(byteCount)
  }

  private static let units: [String: Double] = {
    var units: [String: Double] = ["": 1, "b": 1]
    for (power, letter) in ["k", "m", "g", "t"].enumerated() {
      let binary = Double(1 << (10 * (power + 1)))
      units[letter] = binary
      units[letter + "ib"] = binary
      units[letter + "b"] = [1e3, 1e6, 1e9, 1e12][power]
    }
    return units
  }()

  /// For people: in MiB, or from 10 GiB on in GiB.
  var text: String {
    let mebibytes = max(1, (byteCount + (1 << 20) - 1) >> 20)
    return mebibytes < 10_240 ? "\(mebibytes) MiB" : "\((mebibytes + 1023) >> 10) GiB"
  }
}

/// `--memory-limit`, for commands whose memory grows with what they are asked for.
struct MemoryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Refuse what needs more memory, such as 512M or 4G; else what is free.",
      valueName: "size"))
  var memoryLimit: MemorySize?
}
