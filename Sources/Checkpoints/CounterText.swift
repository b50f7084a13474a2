/// The numbers of a training's snapshot that are no tensors, as one text: `name=value name=value`, sorted.
struct CounterText {
  private var values: [String: String] = [:]
  private let path: String
  private static let limit = 1 << 53

  init() { path = "" }

  mutating func set(_ name: String, _ value: Int) { values[name] = "\(value)" }

  /// The shortest text that reads as the same number.
  mutating func set(_ name: String, _ value: Double) { values[name] = "\(value)" }

  mutating func set(_ name: String, _ list: [Int]) {
    values[name] = list.map(String.init).joined(separator: ",")
  }

  var text: String {
    values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }

  /// The greatest number that is no count: beyond any time, loss or share.
  private static let numberLimit = 1e15

  init(_ text: String?, path: String) throws(CheckpointError) {
    self.path = path
    for word in (text ?? "").split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, values.updateValue(String(parts[1]), forKey: String(parts[0])) == nil
      else {
        throw .configuration(
          path: path, key: "counters", found: String(word), expected: "name=value, each name once")
      }
    }
  }

  /// The five words that version 1 of the format had.
  init(version1 text: String?, path: String) throws(CheckpointError) {
    self.path = path
    let words = (text ?? "").split(separator: " ").map(String.init)
    guard words.count == 5 else {
      throw .configuration(
        path: path, key: "progress", found: text ?? "none",
        expected: "five counters of a training run")
    }
    let names = ["step", "skipped-steps", "optimizer-step", "seconds", "samples"]
    for (name, word) in zip(names, words) { values[name] = word }
  }

  mutating func count(_ name: String, atMost most: Int = limit) throws(CheckpointError) -> Int {
    let text = values.removeValue(forKey: name)
    guard let text, let count = Int(text), (0...most).contains(count), count < Self.limit else {
      throw fault(name, found: text, expected: "a count")
    }
    return count
  }

  mutating func counts(_ name: String, atMost most: Int) throws(CheckpointError) -> [Int] {
    let text = values.removeValue(forKey: name)
    let words = (text ?? "?").split(separator: ",", omittingEmptySubsequences: true)
    let counts = words.compactMap { Int($0) }.filter { (0..<Self.limit).contains($0) }
    guard counts.count == words.count, counts.count <= most else {
      throw fault(name, found: text, expected: "counts")
    }
    return counts
  }

  mutating func number(_ name: String) throws(CheckpointError) -> Double {
    guard let number = try numberIfPresent(name) else {
      throw fault(name, found: nil, expected: "a number in 0…1e15")
    }
    return number
  }

  mutating func numberIfPresent(_ name: String) throws(CheckpointError) -> Double? {
    guard let text = values.removeValue(forKey: name) else { return nil }
    guard let number = Double(text), (0...Self.numberLimit).contains(number) else {
      throw fault(name, found: text, expected: "a number in 0…1e15")
    }
    return number
  }

  /// Refuses a counter that nobody asked for.
  func expectEmpty() throws(CheckpointError) {
    if let name = values.keys.min() {
      throw fault(name, found: values[name], expected: "no such counter")
    }
  }

  private func fault(_ name: String, found: String?, expected: String) -> CheckpointError {
    .configuration(
      path: path, key: "counters.\(name)", found: found ?? "none", expected: expected)
  }
}
