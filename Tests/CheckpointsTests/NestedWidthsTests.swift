import Checkpoints
import Kernels
import NeuralFields
import TestSupport
import Testing

@Suite("Nested widths of a model")
struct NestedWidthsTests {
  private static func configuration(_ widths: [Int]?) -> ModelConfiguration {
    var configuration = TinyModel.configuration()
    configuration.nestedWidths = widths
    return configuration
  }

  private static func model(_ widths: [Int]?) -> Checkpoint {
    var model = TinyModel.checkpoint()
    model.configuration.nestedWidths = widths
    return model
  }

  @Test("a model without others says nothing of widths, and one with them is read as written")
  func roundTrip() throws {
    #expect(!Self.configuration(nil).text.contains("nested_widths"))
    #expect(Self.configuration(nil).widths == [4])
    let nested = Self.configuration([1, 3])
    #expect(nested.text.contains("\"nested_widths\":[1,3]"))
    #expect(nested.widths == [1, 3, 4])
    #expect(try ModelConfiguration(text: nested.text, path: "m") == nested)
  }

  @Test(
    "widths that are no narrower, not ascending or too many are refused, with their place",
    arguments: [
      ("[4]", "nested_widths[0]: found 4"), ("[0]", "nested_widths[0]: found 0"),
      ("[2,2]", "nested_widths[1]: found 2"), ("[3,2]", "nested_widths[1]: found 2"),
      ("[-9223372036854775808]", "nested_widths[0]: found -9223372036854775808"),
      ("[1,9223372036854775807]", "nested_widths[1]: found 9223372036854775807"),
      ("[]", "nested_widths.count: found 0"),
      ("[1,2,3,1,1,1,1,1,1]", "nested_widths.count: found 9"),
      ("3", "nested_widths: found another type, expected an array"),
      ("[1.5]", " found a number that does not fit its key"),
      ("[\"1\"]", "nested_widths[0]: found another type"),
    ])
  func malformed(text: String, message: String) {
    let whole = Self.configuration([1, 3]).text
      .replacing("\"nested_widths\":[1,3]", with: "\"nested_widths\":\(text)")
    let error = #expect(throws: CheckpointError.self) {
      try ModelConfiguration(text: whole, path: "m")
    }
    let found = error?.description ?? ""
    #expect(found.hasPrefix("m: metadata hypermarch"))
    #expect(found.contains(message), "\(found)")
  }

  @Test("the whole width of a nested model is the field of a plain one, to the last bit")
  func whole() {
    let points: [SIMD3<Float>] = [[0.1, 0.2, 0.3], [-0.7, 0.4, 0.6], [0.9, -0.3, 0]]
    let (plain, nested) = (Self.model(nil), Self.model([2]))
    let latent = SceneLatent(code: plain.latents[1])
    let expected = plain.field(for: latent.code).samples(at: points)
    for field in [
      nested.field(for: latent.code), nested.field(for: latent.code, width: 4),
      nested.field(for: latent, width: 4), plain.field(for: latent, width: 4),
    ] {
      let found = field.samples(at: points)
      #expect(field.architecture == plain.configuration.field)
      #expect(found.density == expected.density && found.radiance == expected.radiance)
    }
  }

  @Test("a narrower width is the slice of the generated weights, and of their changes")
  func narrow() throws {
    let points: [SIMD3<Float>] = [[0.1, 0.2, 0.3], [-0.7, 0.4, 0.6], [0.9, -0.3, 0]]
    let model = Self.model([2])
    let entry = try #require(
      model.configuration.field.layout.entries.first { $0.name == "hidden.1.weight" })
    let change = WeightChange(parts: [
      WeightChange.Part(
        name: entry.name, shape: entry.shape, rank: 1, left: [1, 2, 3, 4], right: [4, 3, 2, 1])
    ])
    for changes in [[], [WeightedChange(change: change, weight: 0.5)]] {
      let latent = SceneLatent(code: model.latents[0], changes: changes)
      let nested = NestedField(width: 2, in: model.configuration.field)
      let expected = nested.field(
        of: model.weights(for: latent).values.span, over: model.configuration.bound
      ).samples(at: points)
      let field = model.field(for: latent, width: 2)
      #expect(field.architecture.width == 2)
      #expect(field.samples(at: points).density == expected.density)
    }
  }
}
