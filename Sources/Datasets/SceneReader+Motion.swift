/// The reading of how a scene moves.
import NeuralFields

extension SceneReader {
  private static let times: ClosedRange<Float> = 0...1

  static func motion(_ value: SceneValue) throws(SceneDescriptionError) -> SceneMotion {
    let object = try value.object()
    try object.expectKeys(["seconds", "loop", "parts"])
    let loops = try object.optional("loop")?.truth() ?? false
    var parts: [MovingPart] = []
    for element in try object.required("parts").elements(count: 1...otherCounts.upperBound) {
      let object = try element.object()
      let name = try object.required("name")
      let part = try part(object, name: try name.text(limit: 100), loops: loops)
      guard !parts.contains(where: { $0.name == part.name }) else {
        throw name.unexpected("a name that no other part has")
      }
      parts.append(part)
    }
    return SceneMotion(
      seconds: try object.optional("seconds")?.number("seconds", in: 0.01...10_000) ?? 1,
      loops: loops, parts: parts)
  }

  private static func part(
    _ object: SceneObject, name: String, loops: Bool
  ) throws(SceneDescriptionError) -> MovingPart {
    try object.expectKeys(["name", "pivot", "curve", "position", "rotation", "size", "tint"])
    let curve =
      try object.optional("curve")?.choice(of: ["linear": PathCurve.linear, "spline": .spline])
      ?? .linear
    func course(
      _ key: String, _ read: (SceneValue) throws(SceneDescriptionError) -> SIMD3<Float>
    ) throws(SceneDescriptionError) -> KeyedCourse? {
      guard let list = object.optional(key) else { return nil }
      return try self.course(list, curve: curve, loops: loops, read)
    }
    var part = MovingPart(name: name)
    part.pivot = try object.optional("pivot")?.numbers(in: coordinates)
    part.position = try course("position") { value throws(SceneDescriptionError) in
      try value.numbers(in: coordinates)
    }
    part.rotation = try course("rotation") { value throws(SceneDescriptionError) in
      try value.numbers("3 angles in degrees", in: -36_000...36_000)
    }
    part.size = try course("size") { value throws(SceneDescriptionError) in
      SIMD3(repeating: try value.number("a factor", in: 0.01...100))
    }
    part.tint = try course("tint", colour)
    return part
  }

  /// A course through keys of `time`, `value`, `hold` and `easing`.
  ///
  /// In a scene that loops, a course whose last key is before 1 returns to its first by then.
  private static func course(
    _ list: SceneValue, curve: PathCurve, loops: Bool,
    _ read: (SceneValue) throws(SceneDescriptionError) -> SIMD3<Float>
  ) throws(SceneDescriptionError) -> KeyedCourse {
    let objects = try list.elements(count: 1...otherCounts.upperBound)
      .map { value throws(SceneDescriptionError) in try value.object() }
    for object in objects { try object.expectKeys(["time", "value", "hold", "easing"]) }
    let keys = try KeyTimes.Key.keys(of: objects, unit: "a time", in: times)
    let end = (keys.last?.time ?? 0) + (keys.last?.hold ?? 0)
    guard end <= 1 else {
      throw list.unexpected("a last key whose hold ends by 1")
    }
    let closes = loops && keys.count > 1 && end < 1
    if closes, keys[0].time > 0 {
      throw list.unexpected("a first key at time 0, to which the loop returns")
    }
    return KeyedCourse(
      values: try objects.map { object throws(SceneDescriptionError) in
        try read(object.required("value"))
      },
      times: KeyTimes(keys, closingTime: closes ? 1 : nil), curve: curve)
  }
}
