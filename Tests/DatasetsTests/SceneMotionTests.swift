import Datasets
import NeuralFields
import Testing

@Suite("Scene motion")
struct SceneMotionTests {
  static let x: SIMD3<Float> = [1, 0, 0]

  static func course(
    _ keys: [(time: Double, value: SIMD3<Float>)], closes: Bool = false,
    curve: PathCurve = .linear
  ) -> KeyedCourse {
    KeyedCourse(
      values: keys.map(\.value),
      times: KeyTimes(keys.map { KeyTimes.Key(time: $0.time) }, closingTime: closes ? 1 : nil),
      curve: curve)
  }

  /// Two balls, of which the second belongs to the given parts; a third rests.
  static func scene(_ parts: [MovingPart], of indices: [Int]) -> SceneDescription {
    func ball(_ centre: SIMD3<Float>, _ indices: [Int]) -> SceneShape {
      SceneShape(
        shape: AnalyticShape(
          geometry: .sphere(radius: 0.2), centre: centre, peakDensity: 10, softness: 0.01,
          colouring: .plain([1, 0.5, 0.25])),
        partIndices: indices)
    }
    return SceneDescription(
      description: "Balls", bound: BoundingBox(minimum: [-1, -1, -1], maximum: [1, 1, 1]),
      shapes: [ball([0.5, 0, 0], indices), ball([0, 0.25, 0], indices), ball([0, 0, 0.5], [])],
      cameras: [
        SceneCamera(
          name: "a", placement: .orbit(azimuth: 0, elevation: 0, distance: 3, target: .zero),
          horizontalFieldOfView: 1)
      ], motion: SceneMotion(loops: true, parts: parts))
  }

  static func part(_ change: (inout MovingPart) -> Void) -> MovingPart {
    var part = MovingPart(name: "part")
    change(&part)
    return part
  }

  @Test("a course has the keys' values at their times, and a closing one its first at 1")
  func keys() {
    for curve in [PathCurve.linear, .spline] {
      let keys: [(time: Double, value: SIMD3<Float>)] = [
        (0, [1, 2, 3]), (0.25, [-1, 0, 5]), (0.7, [4, 4, -4]),
      ]
      let course = Self.course(keys, closes: true, curve: curve)
      for key in keys { #expect(course.value(at: key.time) == key.value) }
      #expect(course.value(at: 1) == keys[0].value)
    }
  }

  @Test("a turn goes about the pivot, and quarter turns are exact")
  func rotation() {
    let scene = Self.scene(
      [
        Self.part {
          $0.pivot = .zero
          $0.rotation = Self.course([(0, .zero), (1, [0, 0, 360])])
        }
      ], of: [0])
    #expect(scene.still(at: 0.25).shapes[0].shape.centre == [0, 0.5, 0])
    #expect(scene.still(at: 0.25).shapes[0].shape.axisX == [0, 1, 0])
    #expect(scene.still(at: 0.5).shapes[0].shape.centre == [-0.5, 0, 0])
    #expect(scene.still(at: 0.5).shapes[2].shape == scene.shapes[2].shape)
    for time in [Float(0), 1] {
      #expect(scene.still(at: time).shapes.map(\.shape) == scene.shapes.map(\.shape))
    }
  }

  @Test("without a pivot a part grows about the resting centre of its first shape")
  func size() {
    let scene = Self.scene(
      [Self.part { $0.size = Self.course([(0, SIMD3(repeating: 2))]) }], of: [0])
    let still = scene.still(at: 0.3)
    #expect(still.shapes[0].shape.centre == [0.5, 0, 0])
    #expect(still.shapes[1].shape.centre == [-0.5, 0.5, 0])
    #expect(still.shapes[0].shape.geometry == .sphere(radius: 0.4))
  }

  @Test("parts act in their order: what turns and is then carried goes along")
  func order() {
    let turn = Self.part {
      $0.pivot = .zero
      $0.rotation = Self.course([(0, [0, 0, 90])])
    }
    let shift = Self.part { $0.position = Self.course([(0, Self.x)]) }
    let turned = Self.scene([turn, shift], of: [0, 1]).still(at: 0).shapes[0].shape.centre
    let shifted = Self.scene([shift, turn], of: [0, 1]).still(at: 0).shapes[0].shape.centre
    #expect(turned == [1, 0.5, 0])
    #expect(shifted == [0, 1.5, 0])
  }

  @Test("a tint multiplies colours, and white leaves them")
  func tint() {
    let scene = Self.scene(
      [
        Self.part {
          $0.tint = Self.course([(0, SIMD3(repeating: 1)), (1, [0.5, 0, 1])])
        }
      ], of: [0])
    #expect(scene.still(at: 0).shapes[0].shape.colouring == .plain([1, 0.5, 0.25]))
    #expect(scene.still(at: 1).shapes[0].shape.colouring == .plain([0.5, 0, 0.25]))
  }

  @Test("a scene at rest is itself at every time, and a still one keeps no motion")
  func rest() throws {
    let lamp = try ShippedScenes.named("lamp")
    #expect(lamp.still(at: 0.4) == lamp)
    let mill = try ShippedScenes.named("windmill")
    let still = mill.still(at: 0.4)
    #expect(still.motion == nil && still.shapes.allSatisfy { $0.partIndices.isEmpty })
    #expect(still.still(at: 0.9) == still)
  }

  @Test(
    "shipped scenes that loop are at 1 what they are at 0, and otherwise in between",
    arguments: ["windmill", "hopping-robot", "carousel"])
  func loops(name: String) throws {
    let scene = try ShippedScenes.named(name)
    #expect(scene.motion?.loops == true)
    let probes = (0..<2000).map { index -> SIMD3<Float> in
      let step = { (factor: Double) in
        Float((Double(index) * factor).truncatingRemainder(dividingBy: 1) * 2 - 1)
      }
      return [step(0.618034), step(0.754877), step(0.569840)]
    }
    func densities(at time: Float) -> [Float] {
      let field = AnalyticField(scene, time: time)
      return probes.map { field.largestDensity(within: 0, of: $0) }
    }
    let start = densities(at: 0)
    for (a, b) in zip(start, densities(at: 1)) { #expect(abs(a - b) <= 1e-3 * max(1, a)) }
    #expect(zip(start, densities(at: 0.31)).contains { abs($0 - $1) > 1 })
  }

  static let ball =
    "[{\"kind\": \"sphere\", \"centre\": [0, 0, 0], \"radius\": 1, \"colour\": \"#ffffff\", "
    + "\"move\": [\"a\"]}]"

  static func read(_ motion: String, version: String = "2") throws -> SceneDescription {
    try SceneDescription(
      json: Array(
        SceneDescriptionTests.text(
          version: version, shapes: ball, extra: ", \"motion\": \(motion)"
        ).utf8), path: "a.json")
  }

  @Test("every key of a motion is read")
  func reading() throws {
    let scene = try Self.read(
      """
      {"seconds": 2.5, "loop": true, "parts": [{"name": "a", "pivot": [1, 2, 3], "curve": "spline",
       "position": [{"time": 0, "value": [0, 0, 1], "hold": 0.25, "easing": "smooth"},
                    {"time": 0.5, "value": [0, 0, 2]}],
       "rotation": [{"time": 0, "value": [0, 90, 720]}], "size": [{"time": 0.5, "value": 2}],
       "tint": [{"time": 0, "value": "#ff0000"}, {"time": 1, "value": [0, 1, 0]}]}]}
      """)
    var part = MovingPart(name: "a")
    part.pivot = [1, 2, 3]
    part.position = KeyedCourse(
      values: [[0, 0, 1], [0, 0, 2]],
      times: KeyTimes(
        [KeyTimes.Key(time: 0, hold: 0.25, easing: .smooth), KeyTimes.Key(time: 0.5)],
        closingTime: 1), curve: .spline)
    part.rotation = Self.course([(0, [0, 90, 720])], curve: .spline)
    part.size = Self.course([(0.5, [2, 2, 2])], curve: .spline)
    part.tint = Self.course([(0, [1, 0, 0]), (1, [0, 1, 0])], curve: .spline)
    #expect(scene.motion == SceneMotion(seconds: 2.5, loops: true, parts: [part]))
    #expect(scene.shapes[0].partIndices == [0])
  }

  @Test(
    "what does not fit is named with its place",
    arguments: [
      ("{\"parts\": []}", "motion.parts: found a list of 0, expected a list of 1…100"),
      (
        "{\"parts\": [{\"name\": \"a\", \"turn\": 1}]}",
        "motion.parts[0].turn: found an unknown key, expected one of name, pivot, curve, position, "
          + "rotation, size, tint"
      ),
      (
        "{\"parts\": [{\"name\": \"a\", \"size\": [{\"time\": 0, \"value\": 0}]}]}",
        "motion.parts[0].size[0].value: found 0, expected a factor in 0.01…100"
      ),
      (
        "{\"parts\": [{\"name\": \"a\", \"size\": [{\"time\": 1.5, \"value\": 1}]}]}",
        "motion.parts[0].size[0].time: found 1.5, expected a time in 0…1"
      ),
      (
        "{\"parts\": [{\"name\": \"a\", \"size\": [{\"time\": 0.5, \"value\": 1}, "
          + "{\"time\": 0.5, \"value\": 1}]}]}",
        "motion.parts[0].size[1].time: found 0.5, expected a time after 0.5, the key's before it"
      ),
      (
        "{\"parts\": [{\"name\": \"a\", \"size\": [{\"time\": 0.5, \"value\": 1, \"hold\": 0.6}]}]}",
        "motion.parts[0].size: found a list of 1, expected a last key whose hold ends by 1"
      ),
      (
        "{\"loop\": true, \"parts\": [{\"name\": \"a\", \"size\": [{\"time\": 0.2, \"value\": 1}, "
          + "{\"time\": 0.5, \"value\": 1}]}]}",
        "motion.parts[0].size: found a list of 2, expected a first key at time 0, to which the loop "
          + "returns"
      ),
      (
        "{\"parts\": [{\"name\": \"b\"}]}",
        "shapes[0].move[0]: found \"a\", expected the name of a moving part, once, perhaps \"b\""
      ),
      (
        "{\"parts\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}",
        "motion.parts[1].name: found \"a\", expected a name that no other part has"
      ),
    ])
  func malformed(text: String, message: String) {
    let error = #expect(throws: SceneDescriptionError.self) { try Self.read(text) }
    #expect(error?.description == "a.json: " + message)
  }

  @Test("version 1 has neither motion nor shapes that move")
  func versions() {
    let motion = #expect(throws: SceneDescriptionError.self) {
      try Self.read("{\"parts\": [{\"name\": \"a\"}]}", version: "1")
    }
    #expect(motion?.description.contains("motion: found an unknown key") == true)
    let move = #expect(throws: SceneDescriptionError.self) {
      try SceneDescription(
        json: Array(SceneDescriptionTests.text(shapes: Self.ball).utf8), path: "a.json")
    }
    #expect(move?.description.contains("shapes[0].move: found an unknown key") == true)
  }
}
