/// The reading of the keys of a path, in scenes and in timelines.
import Files

extension KeyTimes.Key {
  /// The times of keys in their order, with `time`, `hold` and `easing`.
  ///
  /// - Parameters:
  ///   - unit: of times, for messages.
  ///   - range: of times and holds.
  /// - Throws: ``SceneDescriptionError`` for a key that is not after the one before it.
  package static func keys(
    of objects: [SceneObject], unit: String, in range: ClosedRange<Float>
  ) throws(SceneDescriptionError) -> [KeyTimes.Key] {
    var keys: [KeyTimes.Key] = []
    for object in objects {
      let value = try object.required("time")
      let time = Double(try value.number(unit, in: range))
      if let last = keys.last {
        guard time > last.time else {
          throw value.unexpected("a time after \(last.time), the key's before it")
        }
        guard time >= last.time + last.hold else {
          throw value.unexpected(
            "a time from \(last.time + last.hold) on, when the hold before ends")
        }
      }
      let hold = try object.optional("hold")?.number(unit, in: range)
      let easing = try object.optional("easing").map(Easing.init(reading:))
      keys.append(
        KeyTimes.Key(time: time, hold: hold.map(Double.init) ?? 0, easing: easing ?? .linear))
    }
    return keys
  }
}

extension Easing {
  /// - Throws: ``SceneDescriptionError`` for another text than an easing's name.
  package init(reading value: SceneValue) throws(SceneDescriptionError) {
    guard case .string(let text) = value.json, let easing = Easing(rawValue: text) else {
      throw value.unexpected("one of " + Easing.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self = easing
  }
}
