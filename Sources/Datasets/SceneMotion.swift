package import NeuralFields

/// How the parts of a scene move over time, which runs from 0 to 1.
package struct SceneMotion: Sendable, Equatable {
  /// How long the way from 0 to 1 lasts when it is played, seconds, > 0.
  package var seconds: Float

  /// Whether time 1 is time 0 again.
  package var loops: Bool

  /// They act in this order: a wheel turns first, and then goes along with its wagon.
  package var parts: [MovingPart]

  package init(seconds: Float = 1, loops: Bool = false, parts: [MovingPart]) {
    self.seconds = seconds
    self.loops = loops
    self.parts = parts
  }
}

/// What the shapes that name it do together: grow, turn, shift and change their colours.
///
///     x′ = pivot + R(t) s(t) (x − pivot) + p(t)        colour′ = tint(t) colour
///
/// A course that is not there changes nothing. JSON: `name`; `pivot`; `curve` = `linear` or `spline`;
/// and lists of keys `position` (scene units), `rotation` (degrees about x, then y, then z), `size`
/// (a factor) and `tint` (a colour), each key with `time`, `value`, `hold` = 0, `easing` = `linear`.
package struct MovingPart: Sendable, Equatable {
  package var name: String

  /// What stays in its place while the part grows and turns; nil for the resting centre of the first
  /// shape, which goes where a variation takes it.
  package var pivot: SIMD3<Float>?

  /// Scene units.
  package var position: KeyedCourse?
  /// Degrees about the scene's x axis, then y, then z.
  package var rotation: KeyedCourse?
  /// A factor above 0, the same along all axes.
  package var size: KeyedCourse?
  /// In [0, 1]; white leaves colours as they are.
  package var tint: KeyedCourse?

  package init(name: String) {
    self.name = name
  }

  /// A shape as the part holds it at a time.
  ///
  /// - Parameter centre: the resting centre of the part's first shape.
  func moved(
    _ shape: AnalyticShape, at time: Double, firstCentre centre: SIMD3<Float>
  ) -> AnalyticShape {
    var shape = shape
    let pivot = pivot ?? centre
    if let size {
      // A spline may overshoot.
      let factor = max(size.value(at: time).x, 1e-3)
      shape = shape.scaled(by: factor)
      shape.centre = pivot + (shape.centre - pivot) * factor
    }
    if let rotation { shape.rotate(by: rotation.value(at: time), around: pivot) }
    if let position { shape.centre += position.value(at: time) }
    if let tint {
      shape.colouring = shape.colouring.tinted(
        tint.value(at: time).clamped(lowerBound: .zero, upperBound: SIMD3(repeating: 1)))
    }
    return shape
  }
}

/// Three numbers that take given values at given times.
package struct KeyedCourse: Sendable, Equatable {
  /// One per key.
  package let values: [SIMD3<Float>]
  package let times: KeyTimes
  package let curve: PathCurve

  /// - Precondition: there is one value per key.
  package init(values: [SIMD3<Float>], times: KeyTimes, curve: PathCurve = .linear) {
    precondition(
      values.count == times.keys.count,
      "found \(values.count) values, expected one for each of \(times.keys.count) keys")
    self.values = values
    self.times = times
    self.curve = curve
  }

  /// The value at a time; at a key exactly the key's.
  package func value(at time: Double) -> SIMD3<Float> {
    let (key, share) = times.place(at: time)
    let weights = curve.weights(
      after: key, share: share, count: values.count, closes: times.closingTime != nil, codes: [])
    var sum = SIMD3<Float>.zero
    for (value, weight) in zip(values, weights) where weight != 0 { sum += Float(weight) * value }
    return sum
  }
}

extension SceneDescription {
  /// The scene as it stands at a time, at rest; itself where nothing in it moves.
  ///
  /// - Parameter time: 0…1.
  package func still(at time: Float) -> SceneDescription {
    guard let motion else { return self }
    precondition((0...1).contains(time), "found time \(time), expected 0…1")
    var scene = self
    scene.motion = nil
    for (index, part) in motion.parts.enumerated() {
      let members = shapes.indices.filter { shapes[$0].partIndices.contains(index) }
      guard let first = members.first else { continue }
      for member in members {
        scene.shapes[member].shape = part.moved(
          scene.shapes[member].shape, at: Double(time), firstCentre: shapes[first].shape.centre)
      }
    }
    for index in scene.shapes.indices { scene.shapes[index].partIndices = [] }
    return scene
  }
}
