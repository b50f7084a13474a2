import Datasets
import Files
import NeuralFields
import VolumeRendering

/// The reading of a timeline's JSON: which keys there are, and what each may hold.
struct TimelineReader {
  /// Of the timeline's file.
  let path: String

  /// The files that camera keys name, by their paths, each read once.
  private var files: [String: FrameCameras] = [:]

  init(path: String) {
    self.path = path
  }

  /// Seconds.
  private static let times: ClosedRange<Float> = 0...1_000_000
  private static let coordinates: ClosedRange<Float> = -1_000_000...1_000_000
  private static let keyCounts = 1...10_000

  mutating func timeline(_ value: SceneValue) throws -> Timeline {
    let object = try value.object()
    // Another version may have other keys, so it is named before they are.
    let version = try object.required("hypermarch_timeline")
    guard case .number(let number, _) = version.json, number == Double(Timeline.formatVersion)
    else {
      throw version.unexpected("version \(Timeline.formatVersion)")
    }
    try object.expectKeys([
      "hypermarch_timeline", "description", "frames", "fps", "size", "loop", "duration", "curve",
      "camera_curve", "truncation", "latent", "camera",
    ])
    _ = try object.optional("description")?.text(limit: 500)
    let closes = try object.optional("loop")?.truth() ?? false
    let duration = object.optional("duration")
    if let duration, !closes { throw duration.unexpected("it only beside \"loop\": true") }
    let end = try duration?.number("seconds", in: Self.times).map(Double.init)
    let curve = try object.optional("curve").map(Self.curve) ?? .linear
    let cameraCurve = try object.optional("camera_curve").map(Self.cameraCurve) ?? .linear
    let truncation = try object.optional("truncation")?.number("a share", in: 0...2) ?? 1
    let latent = object.optional("latent")
    let camera = object.optional("camera")
    guard latent != nil || camera != nil else {
      throw SceneDescriptionError.missingKey(path: path, keyPath: "latent")
    }
    var timeline = Timeline(
      frameCount: try object.optional("frames").map { try Self.count($0, SequenceFrames.limit) },
      framesPerSecond: try object.optional("fps")?.number("frames a second", in: 0.01...1000)
        .map(Double.init),
      size: try object.optional("size").map(Self.size), latent: nil, camera: nil, closes: closes)
    if let latent {
      let keys = try latent.elements(count: Self.keyCounts).map { try $0.object() }
      for key in keys {
        try key.expectKeys(["time", "scene", "mix", "scene_time", "hold", "easing"])
      }
      timeline.latent = Timeline.LatentKeys(
        scenes: try keys.map { try Self.scene($0) },
        times: try Self.times(of: keys, closes: closes, end: end, endValue: duration),
        curve: curve, truncation: truncation, sceneTimes: try Self.sceneTimes(of: keys))
    }
    if let camera {
      let keys = try camera.elements(count: Self.keyCounts).map { try $0.object() }
      timeline.camera = CameraTrack(
        placements: try keys.map { key in try placement(key) },
        times: try Self.times(of: keys, closes: closes, end: end, endValue: duration),
        curve: cameraCurve)
    }
    return timeline
  }

  /// The keys' times, in order; a closing path without a stated end takes one more mean step.
  private static func times(
    of keys: [SceneObject], closes: Bool, end: Double?, endValue: SceneValue?
  ) throws -> KeyTimes {
    let result = try KeyTimes.Key.keys(of: keys, unit: "seconds", in: times)
    guard closes, result.count > 1 else { return KeyTimes(result) }
    let last = result[result.count - 1]
    let step = (last.time - result[0].time) / Double(result.count - 1)
    let closing = end ?? (last.time + max(step, last.hold))
    guard closing >= last.time + last.hold, closing > last.time else {
      let expected = "a time after \(last.time + last.hold), the last key's"
      if let endValue { throw endValue.unexpected(expected) }
      throw try keys[keys.count - 1].required("time").unexpected("a time that a loop closes after")
    }
    return KeyTimes(result, closingTime: closing)
  }

  /// Where moving scenes are in their motion, which all keys say or none does.
  private static func sceneTimes(of keys: [SceneObject]) throws -> [Double]? {
    guard keys.contains(where: { $0.optional("scene_time") != nil }) else { return nil }
    return try keys.map {
      Double(try $0.required("scene_time").number("a time of the scene", in: -1000...1000))
    }
  }

  private static func scene(_ object: SceneObject) throws -> Timeline.SceneText {
    if let mix = object.optional("mix") {
      guard object.optional("scene") == nil else {
        throw mix.unexpected("either \"scene\" or \"mix\"")
      }
      let members = try mix.object().members
      guard !members.isEmpty, members.count <= 64 else { throw mix.unexpected("1…64 scenes") }
      let terms = try members.map { member in
        guard member.key.utf8.count <= 4096 else { throw mix.unexpected("names of 1…4096 bytes") }
        let value = SceneValue(
          json: member.value, path: mix.path, keyPath: "\(mix.keyPath).\(member.key)")
        let limit = LatentMix.weightLimit
        return "\(try value.number("a weight", in: -limit...limit))*\(member.key)"
      }
      // A sum's own signs: the weights bring theirs.
      let text = terms.joined(separator: "+").replacing("+-", with: "-")
      return Timeline.SceneText(text: text, place: mix.keyPath)
    }
    let scene = try object.required("scene")
    return Timeline.SceneText(text: try scene.text(limit: 4096), place: scene.keyPath)
  }

  private mutating func placement(_ object: SceneObject) throws -> CameraTrack.Placement {
    let timing = ["time", "hold", "easing", "kind"]
    let kind = try object.required("kind")
      .choice(of: ["orbit": 0, "look-at": 1, "dataset": 2])
    switch kind {
    case 0:
      try object.expectKeys(timing + ["fov", "azimuth", "elevation", "distance", "target"])
      return .named(
        .orbit(
          azimuth: try Self.radians(object.required("azimuth"), degrees: -36_000...36_000),
          elevation: try Self.radians(object.required("elevation"), degrees: -90...90),
          distance: try object.required("distance").number("a distance", in: 1e-3...1e6),
          target: try object.optional("target")?.numbers(in: Self.coordinates) ?? .zero),
        horizontalFieldOfView: try Self.radians(object.required("fov"), degrees: 1...179))
    case 1:
      try object.expectKeys(timing + ["fov", "from", "at", "up"])
      let from = try object.required("from").numbers(in: Self.coordinates)
      let at = try object.required("at")
      let target = try at.numbers(in: Self.coordinates)
      let offset = target - from
      guard (offset * offset).sum() > 1e-8 else {
        throw at.unexpected("another point than \"from\"")
      }
      return .named(
        .lookAt(
          from: from, at: target,
          up: try object.optional("up")?.numbers(in: Self.coordinates) ?? [0, 0, 1]),
        horizontalFieldOfView: try Self.radians(object.required("fov"), degrees: 1...179))
    default:
      try object.expectKeys(timing + ["file", "frame"])
      let file = try object.required("file").text(limit: 1024)
      let frame = try object.optional("frame").map { try Self.count($0, 1_000_000, from: 0) } ?? 0
      let filePath = try FrameCameras.path(
        ofTransformsFile: file, besideFile: path, location: "\(object.keyPath).file")
      let cameras = try files[filePath] ?? FrameCameras(inTransformsFile: filePath)
      files[filePath] = cameras
      return .known(try cameras.camera(ofFrame: frame, size: nil))
    }
  }

  private static func curve(_ value: SceneValue) throws -> PathCurve {
    guard case .string(let text) = value.json, let curve = PathCurve(rawValue: text) else {
      throw value.unexpected("one of " + PathCurve.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return curve
  }

  private static func cameraCurve(_ value: SceneValue) throws -> PathCurve {
    try value.choice(of: ["linear": PathCurve.linear, "spline": .spline])
  }

  private static func radians(
    _ value: SceneValue, degrees range: ClosedRange<Float>
  ) throws -> Float {
    try value.number("degrees", in: range) * .pi / 180
  }

  private static func count(_ value: SceneValue, _ limit: Int, from lowest: Int = 1) throws -> Int {
    guard case .number(let number, _) = value.json, number == number.rounded(),
      number >= Double(lowest), number <= Double(limit)
    else {
      throw value.unexpected("a whole number in \(lowest)…\(limit)")
    }
    return Int(number)
  }

  private static func size(_ value: SceneValue) throws -> PixelSize {
    let sides = try value.elements(count: 2...2)
    return PixelSize(width: try count(sides[0], 16_384), height: try count(sides[1], 16_384))
  }
}

extension Float {
  /// As `Optional.map`, for values that are there.
  fileprivate func map<Value>(_ transform: (Float) -> Value) -> Value { transform(self) }
}
