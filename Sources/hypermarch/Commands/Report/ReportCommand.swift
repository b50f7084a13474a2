import ArgumentParser

/// Measures what a prior buys: one curve below another.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Plot what a prior buys: views against quality, bytes against quality.",
    discussion: """
      EXAMPLES
        hypermarch report views --help
        hypermarch report parameters --help

      A report is a folder: a plot (PNG), its data (JSON) and a file for every finished \
      measurement. Run again after it was stopped, it measures what is missing.
      """,
    subcommands: [ReportViewsCommand.self, ReportParametersCommand.self])
}

/// Where a report goes, for every report.
struct ReportOptions: ParsableArguments {
  @Option(name: [.short, .long], help: ArgumentHelp("The report's folder.", valueName: "folder"))
  var output: String

  @Flag(help: "Replace a report of other settings in that folder.")
  var overwrite = false

  @OptionGroup var memory: MemoryOptions

  @Flag(help: "Print the report as JSON, which is in the folder in any case.")
  var json = false

  @Flag(help: "Show no progress.")
  var quiet = false

  /// Prints a report, and where its files are.
  func show(_ report: some Encodable, text: String, paths: [String]) throws {
    try Terminal.result(json ? Terminal.json(report) : text)
    guard !quiet else { return }
    for path in paths { Terminal.error(path) }
  }
}
