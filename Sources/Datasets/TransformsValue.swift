import Files

/// A JSON value of a transforms file together with the place it stands at, for errors that say where.
struct TransformsValue {
  private let json: StrictJSON
  private let path: String

  /// As in `frames[3].file_path`; empty for the whole file.
  let location: String

  private init(json: StrictJSON, path: String, location: String) {
    self.json = json
    self.path = path
    self.location = location
  }

  /// Reads a whole file.
  ///
  /// - Parameter limit: the most bytes that are accepted.
  /// - Throws: `DatasetError.file` or `.malformedJSON`.
  init(reading path: String, limit: Int) throws(DatasetError) {
    let bytes: [UInt8]
    do {
      bytes = try FileReader.bytes(at: path, limit: limit)
    } catch {
      throw .file(error)
    }
    try self.init(json: bytes, path: path)
  }

  /// Reads a text.
  ///
  /// - Parameter path: names the text in errors.
  /// - Throws: `DatasetError.malformedJSON`.
  init(json bytes: [UInt8], path: String) throws(DatasetError) {
    do {
      self.init(json: try StrictJSON(parsing: bytes), path: path, location: "")
    } catch {
      throw .malformedJSON(path: path, error: error)
    }
  }

  /// What an object holds under a key; nil where it holds nothing or null.
  ///
  /// - Throws: `DatasetError.invalidValue` where this is no object.
  func member(_ key: String) throws(DatasetError) -> TransformsValue? {
    guard case .object(let members) = json else { throw invalid(expected: "an object") }
    guard let member = members.first(where: { $0.key == key }), member.value != .null else {
      return nil
    }
    return TransformsValue(json: member.value, path: path, location: locationOfMember(key))
  }

  /// What an object holds under a key that must be there.
  ///
  /// - Throws: `DatasetError.invalidValue`.
  func requiredMember(_ key: String, expected: String) throws(DatasetError) -> TransformsValue {
    if let member = try member(key) { return member }
    throw .invalidValue(
      path: path, location: locationOfMember(key), found: "nothing", expected: expected)
  }

  /// The number under a key; nil where there is none.
  ///
  /// - Throws: `DatasetError.invalidValue` where something else stands there.
  func number(
    _ key: String, expected: String, where isValid: (Double) -> Bool
  ) throws(DatasetError) -> Double? {
    guard let member = try member(key) else { return nil }
    guard let number = member.number, isValid(number) else {
      throw member.invalid(expected: expected)
    }
    return number
  }

  /// The value as a number, infinite where the text is beyond `Double`; nil where it is none.
  var number: Double? {
    if case .number(let number, _) = json { number } else { nil }
  }

  var text: String? {
    if case .string(let text) = json { text } else { nil }
  }

  var isTrue: Bool { truth == true }

  /// The value as true or false; nil where it is neither.
  var truth: Bool? {
    if case .boolean(let truth) = json { truth } else { nil }
  }

  /// The values of a list; nil where it is none, or its length is another.
  func elements(count: ClosedRange<Int>) -> [TransformsValue]? {
    guard case .array(let elements) = json, count.contains(elements.count) else { return nil }
    return elements.enumerated().map { index, element in
      TransformsValue(json: element, path: path, location: "\(location)[\(index)]")
    }
  }

  /// A list of up to 16 lists of up to 16 numbers; nil where it is something else.
  var rows: [[Double]]? {
    guard case .array(let rows) = json, rows.count <= 16 else { return nil }
    var result: [[Double]] = []
    for row in rows {
      guard case .array(let elements) = row, elements.count <= 16 else { return nil }
      let numbers = elements.compactMap { element -> Double? in
        if case .number(let number, _) = element { number } else { nil }
      }
      guard numbers.count == elements.count else { return nil }
      result.append(numbers)
    }
    return result
  }

  /// One short word on the value.
  var summary: String { json.summary }

  /// The error that says what stands here instead of what is expected.
  func invalid(found: String? = nil, expected: String) -> DatasetError {
    .invalidValue(
      path: path, location: location.isEmpty ? "top level" : location, found: found ?? summary,
      expected: expected)
  }

  /// The error that says that a lens is no pinhole.
  var unmodelledLens: DatasetError {
    .unmodelledLens(path: path, location: location, found: summary)
  }

  private func locationOfMember(_ key: String) -> String {
    location.isEmpty ? key : "\(location).\(key)"
  }
}
