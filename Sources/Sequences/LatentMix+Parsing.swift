import Datasets
import Files

/// Why a text names no scene and no mix of scenes.
package enum LatentMixError: Error, Equatable, Sendable {
  /// `nearest` is the name probably meant; `count` is that of the model's scenes.
  case unknownScene(name: String, nearest: String?, count: Int)
  /// The text is not a sum of names and numbers.
  case malformed(text: String, found: String, expected: String)
}

extension LatentMixError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownScene(let name, let nearest, let count):
      "found no scene named \(name.onOneLine), expected one of the model's \(count)"
        + (nearest.map { ": is \($0) meant?" } ?? "")
    case .malformed(let text, let found, let expected):
      "\(StrictJSON.clipped(text)): found \(found), expected \(expected)"
    }
  }
}

extension LatentMix {
  /// The word for the mean scene, unless a scene has that name.
  package static let meanName = "mean"

  /// How the name of a latent file ends.
  package static let fileSuffix = ".latent.safetensors"

  /// The greatest size of a weight.
  package static let weightLimit: Float = 100

  /// Reads what a person writes for a scene: a name, the path of a latent file, `mean`, or a sum of
  /// such terms with weights, as in `a*0.3 + 0.7*b - c`.
  ///
  /// Names may contain operators: at each place the longest name of the model that fits is taken.
  ///
  /// - Parameter names: the model's scenes.
  /// - Throws: ``LatentMixError``.
  package init(parsing text: String, names: [String]) throws(LatentMixError) {
    var parser = MixParser(text: text, names: names)
    self = try parser.mix()
  }
}

/// Reads one text from left to right.
private struct MixParser {
  let text: String
  let names: [String]
  var rest: Substring

  init(text: String, names: [String]) {
    self.text = text
    self.names = names
    rest = text[...]
  }

  mutating func mix() throws(LatentMixError) -> LatentMix {
    if names.contains(text) { return LatentMix(.scene(text)) }
    var terms: [(mix: LatentMix, weight: Float)] = []
    var sign: Float = takeSign() ?? 1
    while true {
      let (source, weight) = try term()
      terms.append((LatentMix(source), sign * weight))
      skipSpaces()
      if rest.isEmpty { break }
      guard let next = takeSign() else { throw malformed(expected: "+, - or * after a scene") }
      sign = next
    }
    guard terms.count <= 64 else {
      throw .malformed(text: text, found: "\(terms.count) terms", expected: "at most 64")
    }
    let mix = LatentMix(sumOf: terms)
    if let part = mix.parts.first(where: { !(abs($0.weight) <= LatentMix.weightLimit) }) {
      throw .malformed(
        text: text, found: "weight \(part.weight)",
        expected: "at most \(Int(LatentMix.weightLimit)) up or down")
    }
    return mix
  }

  /// A source with its weight before or behind it.
  private mutating func term() throws(LatentMixError) -> (LatentMix.Source, Float) {
    skipSpaces()
    let start = rest
    if let name = longestName() { return (name, try weightBehind() ?? 1) }
    if let weight = number() {
      skipSpaces()
      if rest.first == "*" {
        rest.removeFirst()
        skipSpaces()
        return (try source(), weight)
      }
    }
    rest = start
    return (try source(), try weightBehind() ?? 1)
  }

  private mutating func source() throws(LatentMixError) -> LatentMix.Source {
    if let name = longestName() { return name }
    if let end = rest.firstRange(of: LatentMix.fileSuffix)?.upperBound {
      let path = String(rest[..<end])
      rest = rest[end...]
      return rowNumber().map { .row($0, ofFile: path) } ?? .file(path)
    }
    let word = String(rest.prefix { !"+* ".contains($0) })
    guard !word.isEmpty else { throw malformed(expected: "a scene") }
    throw .unknownScene(name: word, nearest: word.nearest(among: names), count: names.count)
  }

  private mutating func longestName() -> LatentMix.Source? {
    let fitting = (names + [LatentMix.meanName]).filter { name in
      guard rest.hasPrefix(name) else { return false }
      return rest.dropFirst(name.count).first.map { "+-* ".contains($0) } ?? true
    }
    guard let name = fitting.max(by: { $0.count < $1.count }) else { return nil }
    rest = rest.dropFirst(name.count)
    return names.contains(name) ? .scene(name) : .mean
  }

  /// The row that `@` and a number behind a latent file's path say.
  private mutating func rowNumber() -> Int? {
    guard let match = rest.prefixMatch(of: /@([0-9]{1,4})/), let row = Int(match.output.1) else {
      return nil
    }
    rest = rest[match.range.upperBound...]
    return row
  }

  private mutating func weightBehind() throws(LatentMixError) -> Float? {
    skipSpaces()
    guard rest.first == "*" else { return nil }
    rest.removeFirst()
    skipSpaces()
    guard let weight = number() else { throw malformed(expected: "a number after *") }
    return weight
  }

  /// An unsigned number, which may have an exponent.
  private mutating func number() -> Float? {
    guard let match = rest.prefixMatch(of: /([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+\-]?[0-9]+)?/),
      let value = Float(match.output.0), value.isFinite
    else { return nil }
    rest = rest[match.range.upperBound...]
    return value
  }

  private mutating func takeSign() -> Float? {
    skipSpaces()
    guard let character = rest.first, "+-".contains(character) else { return nil }
    rest.removeFirst()
    return character == "+" ? 1 : -1
  }

  private mutating func skipSpaces() { rest = rest.drop { $0 == " " } }

  private func malformed(expected: String) -> LatentMixError {
    .malformed(
      text: text, found: rest.isEmpty ? "its end" : "“\(StrictJSON.clipped(String(rest)))”",
      expected: expected)
  }
}
