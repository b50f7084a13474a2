/// The values of a file that people write by hand, each with the place it stands at.
package import Files

/// A JSON value of a scene or a timeline together with the place it stands at, so that errors say where.
package struct SceneValue {
  package let json: StrictJSON
  package let path: String
  /// As in `cameras[2].fov`; empty for the whole file.
  package let keyPath: String

  /// - Parameter path: names the text in errors.
  package init(json: StrictJSON, path: String, keyPath: String = "") {
    self.json = json
    self.path = path
    self.keyPath = keyPath
  }

  package func unexpected(_ expected: String) -> SceneDescriptionError {
    .unexpectedValue(path: path, keyPath: keyPath, found: json.summary, expected: expected)
  }

  /// - Parameter what: the unit or sort of number, for the message.
  package func number(
    _ what: String = "a number", in range: ClosedRange<Float>
  ) throws(SceneDescriptionError) -> Float {
    // 1e999 and 1e39 are out of every range.
    // A bound such as 0.001 is one as it is written, too, which as a Double is not the Float's.
    guard case .number(let value, _) = json,
      value.magnitude <= Double(Float.greatestFiniteMagnitude),
      range.contains(Float(value))
    else {
      throw unexpected("\(what) in \(Self.text(of: range))")
    }
    return Float(value)
  }

  package func numbers(
    _ what: String = "3 numbers", in range: ClosedRange<Float>
  ) throws(SceneDescriptionError) -> SIMD3<Float> {
    guard case .array(let elements) = json, elements.count == 3 else {
      throw unexpected("\(what) in \(Self.text(of: range))")
    }
    var result = SIMD3<Float>.zero
    for (index, element) in elements.enumerated() {
      result[index] = try self.element(index, element).number(in: range)
    }
    return result
  }

  /// Text of one line, not empty.
  package func text(limit: Int) throws(SceneDescriptionError) -> String {
    guard case .string(let text) = json, (1...limit).contains(text.utf8.count),
      text.onOneLine == text
    else {
      throw unexpected("one line of 1…\(limit) bytes")
    }
    return text
  }

  package func truth() throws(SceneDescriptionError) -> Bool {
    guard case .boolean(let value) = json else { throw unexpected("true or false") }
    return value
  }

  package func choice<Value>(
    of names: KeyValuePairs<String, Value>
  ) throws(SceneDescriptionError) -> Value {
    if case .string(let text) = json, let match = names.first(where: { $0.key == text }) {
      return match.value
    }
    throw unexpected("one of " + names.map { $0.key }.joined(separator: ", "))
  }

  package func elements(count: ClosedRange<Int>) throws(SceneDescriptionError) -> [SceneValue] {
    guard case .array(let elements) = json, count.contains(elements.count) else {
      let lengths =
        count.count == 1 ? "\(count.lowerBound)" : "\(count.lowerBound)…\(count.upperBound)"
      throw unexpected("a list of \(lengths)")
    }
    return elements.enumerated().map { element($0.offset, $0.element) }
  }

  package func object() throws(SceneDescriptionError) -> SceneObject {
    guard case .object(let members) = json else { throw unexpected("an object") }
    return SceneObject(members: members, path: path, keyPath: keyPath)
  }

  private func element(_ index: Int, _ json: StrictJSON) -> SceneValue {
    SceneValue(json: json, path: path, keyPath: "\(keyPath)[\(index)]")
  }

  private static func text(of range: ClosedRange<Float>) -> String {
    func text(_ bound: Float) -> String {
      bound == bound.rounded() ? String(Int(bound)) : String(bound)
    }
    return text(range.lowerBound) + "…" + text(range.upperBound)
  }
}

/// A JSON object of a scene or a timeline together with the place it stands at.
package struct SceneObject {
  package let members: [StrictJSON.Member]
  package let path: String
  package let keyPath: String

  /// - Throws: `.unknownKey` for the first member that is not in `known`.
  package func expectKeys(_ known: [String]) throws(SceneDescriptionError) {
    guard let stranger = members.first(where: { !known.contains($0.key) }) else { return }
    throw .unknownKey(
      path: path, keyPath: keyPath(of: StrictJSON.clipped(stranger.key)),
      nearest: stranger.key.nearest(among: known), known: known)
  }

  package func optional(_ key: String) -> SceneValue? {
    members.first { $0.key == key }
      .map { SceneValue(json: $0.value, path: path, keyPath: keyPath(of: key)) }
  }

  package func required(_ key: String) throws(SceneDescriptionError) -> SceneValue {
    guard let value = optional(key) else {
      throw .missingKey(path: path, keyPath: keyPath(of: key))
    }
    return value
  }

  private func keyPath(of key: String) -> String { keyPath.isEmpty ? key : keyPath + "." + key }
}
