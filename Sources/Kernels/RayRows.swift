internal import CFieldKernels

/// The numbers of a front's rays, as a structure of arrays.
struct RayRows: Sendable {
  /// Rays for which there is memory: a whole number of the groups in which the kernels look at them.
  let room: Int
  /// `[Number.count × room]`.
  private var numbers: [Float]
  /// `[WholeNumber.count × room]`.
  private var wholeNumbers: [Int32]
  /// The rays' random streams, `[room]`.
  private var streams: [UInt64]

  private enum Number: Int {
    case directionX, directionY, directionZ
    case near, far, intervalsPerUnit
    case t, transmittance, red, green, blue, weightedDistance
    static let count = 12
  }

  private enum WholeNumber: Int {
    /// The next interval to look at, and that before which the ray ends.
    case next, end
    case pixel
    static let count = 3
  }

  /// t of a ray that has had no sample.
  private static let noSample: Float = -1

  /// - Parameter capacity: the most rays.
  init(capacity: Int) {
    let group = Int(FK_RAY_GROUP)
    room = (capacity + group - 1) / group * group
    numbers = [Float](repeating: 0, count: Number.count * room)
    wholeNumbers = [Int32](repeating: 0, count: WholeNumber.count * room)
    streams = [UInt64](repeating: 0, count: room)
  }

  /// Writes rays to the places from `first` on.
  ///
  /// - Parameter interval: δ, scene units.
  mutating func write(_ newcomers: Span<RayFront.Newcomer>, at first: Int, interval: Float) {
    Self.write(
      newcomers, at: first, interval: interval, room: room, &numbers, &wholeNumbers, &streams)
  }

  private static func write(
    _ newcomers: Span<RayFront.Newcomer>, at first: Int, interval: Float, room: Int,
    _ numbers: inout [Float], _ wholeNumbers: inout [Int32], _ streams: inout [UInt64]
  ) {
    var numbers = numbers.mutableSpan
    var wholeNumbers = wholeNumbers.mutableSpan
    var streams = streams.mutableSpan
    for index in 0..<newcomers.count {
      let ray = newcomers[index]
      let direction = ray.direction
      let fastest = max(abs(direction.x), abs(direction.y), abs(direction.z))
      let intervals = intervals(of: ray, length: interval)
      let place = first &+ index
      numbers[Number.directionX.rawValue &* room &+ place] = direction.x
      numbers[Number.directionY.rawValue &* room &+ place] = direction.y
      numbers[Number.directionZ.rawValue &* room &+ place] = direction.z
      numbers[Number.near.rawValue &* room &+ place] = ray.near
      numbers[Number.far.rawValue &* room &+ place] = ray.far
      // A little less against rounding.
      let intervalsPerUnit = (1 - 1e-5) / (fastest * interval)
      numbers[Number.intervalsPerUnit.rawValue &* room &+ place] = intervalsPerUnit
      numbers[Number.t.rawValue &* room &+ place] = noSample
      numbers[Number.transmittance.rawValue &* room &+ place] = 1
      numbers[Number.red.rawValue &* room &+ place] = 0
      numbers[Number.green.rawValue &* room &+ place] = 0
      numbers[Number.blue.rawValue &* room &+ place] = 0
      numbers[Number.weightedDistance.rawValue &* room &+ place] = 0
      wholeNumbers[WholeNumber.next.rawValue &* room &+ place] = intervals.first
      wholeNumbers[WholeNumber.end.rawValue &* room &+ place] = intervals.end
      wholeNumbers[WholeNumber.pixel.rawValue &* room &+ place] = ray.pixel
      streams[place] = ray.stream.state
    }
  }

  /// The intervals to look at: all in which the ray may have a sample, and a few at both ends, which
  /// do no harm.
  @inline(__always)
  private static func intervals(
    of ray: RayFront.Newcomer, length: Float
  ) -> (first: Int32, end: Int32) {
    var first: Int32 = 0
    var end = count(until: ray.far - ray.near, length: length)
    if ray.enter > ray.near {
      first = max(count(until: ray.enter - ray.near, length: length) &- 3, 0)
    }
    if ray.leave < ray.far { end = min(end, count(until: ray.leave - ray.near, length: length)) }
    return (first, end)
  }

  /// The number of intervals that begin before a distance from the ray's entry, up to two more, and
  /// 2³⁰ at most.
  @inline(__always)
  private static func count(until distance: Float, length: Float) -> Int32 {
    let count = distance / length
    return Int32(count > 0 ? (count < 0x1p30 ? count : 0x1p30) : 0) &+ 2
  }

  func distance(at place: Int) -> Float { numbers[Number.t.rawValue * room + place] }

  func veteran(at place: Int) -> RayFront.Veteran {
    let numbers = numbers.span
    return RayFront.Veteran(
      pixel: wholeNumbers[WholeNumber.pixel.rawValue * room + place],
      hasSampled: numbers[Number.t.rawValue &* room &+ place] != Self.noSample,
      transmittance: numbers[Number.transmittance.rawValue &* room &+ place],
      radiance: [
        numbers[Number.red.rawValue &* room &+ place],
        numbers[Number.green.rawValue &* room &+ place],
        numbers[Number.blue.rawValue &* room &+ place],
      ],
      weightedDistance: numbers[Number.weightedDistance.rawValue &* room &+ place])
  }

  /// Fills the places of some rays with the last rays.
  ///
  /// - Parameters:
  ///   - places: ascending.
  ///   - count: the number of rays before.
  mutating func remove(_ places: ArraySlice<Int32>, count: Int) {
    Self.remove(places, count: count, room: room, from: &numbers)
    Self.remove(places, count: count, room: room, from: &wholeNumbers)
    Self.remove(places, count: count, room: room, from: &streams)
  }

  private static func remove<Value>(
    _ places: ArraySlice<Int32>, count: Int, room: Int, from values: inout [Value]
  ) {
    let places = places.span
    var values = values.mutableSpan
    for row in stride(from: 0, to: values.count, by: room) {
      // From the last to the first: what takes a place is never itself to be removed.
      var last = row &+ count
      for index in stride(from: places.count &- 1, through: 0, by: -1) {
        last &-= 1
        values[row &+ Int(places[index])] = values[last]
      }
    }
  }

  /// The first rays as the kernels want them.
  mutating func withFront<Result>(
    of count: Int, line: RayFront.Line, _ body: (fk_ray_front) -> Result
  ) -> Result {
    let room = room
    return unsafe numbers.withUnsafeMutableBufferPointer { numbers in
      unsafe wholeNumbers.withUnsafeMutableBufferPointer { wholeNumbers in
        unsafe streams.withUnsafeBufferPointer { streams in
          func row(_ number: Number) -> UnsafeMutablePointer<Float>? {
            unsafe numbers.baseAddress.map { unsafe $0 + number.rawValue * room }
          }
          func row(_ number: WholeNumber) -> UnsafeMutablePointer<Int32>? {
            unsafe wholeNumbers.baseAddress.map { unsafe $0 + number.rawValue * room }
          }
          return unsafe body(
            fk_ray_front(
              count: count, origin: (line.origin.x, line.origin.y, line.origin.z),
              interval: line.interval, direction_x: row(.directionX),
              direction_y: row(.directionY), direction_z: row(.directionZ), near: row(.near),
              far: row(.far), intervals_per_unit: row(.intervalsPerUnit),
              streams: line.isRandom ? streams.baseAddress : nil, next: row(.next),
              end: row(.end), t: row(.t), transmittance: row(.transmittance), red: row(.red),
              green: row(.green), blue: row(.blue),
              weighted_distance: row(.weightedDistance)))
        }
      }
    }
  }
}
