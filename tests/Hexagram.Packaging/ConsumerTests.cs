using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Hexagram.EndToEnd.Programs;

namespace Hexagram.Packaging;

/// <summary>
/// What somebody does who has nothing but the packages: installs the tool, starts a server with it, and writes the program that the client's README shows.
/// </summary>
public sealed partial class ConsumerTests(Feed feed) : IAsyncLifetime
{
    private readonly List<RunningProgram> _programs = [];
    private string _tool = "";
    private string _folder = "";

    public async ValueTask InitializeAsync()
    {
        var name = Guid.NewGuid().ToString("N");
        _folder = feed.NewFolder(name);
        var tools = Path.Combine(_folder, "tools");
        // Only the feed: what the tool needs is in it.
        var sources = Path.Combine(_folder, "NuGet.config");
        await File.WriteAllTextAsync(sources, $"<configuration><packageSources><clear /><add key=\"feed\" value=\"{feed.Packages}\" /></packageSources></configuration>");
        await Feed.DotnetAsync(_folder, "tool", "install", Feed.Tool, "--tool-path", tools, "--configfile", sources, "--version", feed.Version);
        File.Delete(sources);
        _tool = Path.Combine(tools, OperatingSystem.IsWindows() ? "hexagram.exe" : "hexagram");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs)
        {
            await program.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_tool_says_what_it_can()
    {
        var help = Run(_tool, "--help");
        Assert.Equal(0, await help.EndAsync());
        Assert.Contains(help.Output, line => line.Contains("serve", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_example_of_the_clients_readme_works_with_the_package_and_as_a_native_program()
    {
        var project = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "example")).FullName, "Example.csproj");
        await File.WriteAllTextAsync(project, ProjectText());
        await File.WriteAllTextAsync(Path.Combine(_folder, "example", "Program.cs"), ExampleIn(await File.ReadAllTextAsync(Path.Combine(Feed.RepositoryRoot(), "src", "Hexagram.Client", "README.md"))));
        // The packages of others come from where building this repository has put them, those of the feed from the feed, and nothing from anywhere else.
        await Feed.DotnetAsync(_folder, "restore", project, "--packages", feed.Unpacked, "--source", feed.Packages, $"-p:RestoreFallbackFolders={Feed.Cache}");
        var built = await Feed.DotnetAsync(_folder, "build", project, "--no-restore", "--configuration", "Release", "--output", Path.Combine(_folder, "built"));
        Assert.Contains(" 0 Warning(s)", built, StringComparison.Ordinal);
        var server = await ServeAsync();
        await SeesItsMessageDeliveredAsync(Run("dotnet", Path.Combine(_folder, "built", "Example.dll"), server, await TokenAsync()), server);

        // Now the feed's packages are where they have been unpacked, and the compiler to native code, if need be, comes from where packages come from on this machine.
        var native = Path.Combine(_folder, "native");
        var published = await Feed.DotnetAsync(
            _folder, "publish", project, "--configuration", "Release", "--use-current-runtime", "--output", native, "-p:PublishAot=true", $"-p:RestoreFallbackFolders={feed.Unpacked}");
        Assert.DoesNotContain("warning", published, StringComparison.OrdinalIgnoreCase);
        Assert.False(File.Exists(Path.Combine(native, "Example.dll")));
        await SeesItsMessageDeliveredAsync(Run(Path.Combine(native, "Example"), server, await TokenAsync()), server);
        Measured.Report($"the client's example as a native program: {new FileInfo(Path.Combine(native, "Example")).Length >> 20} MiB, no warning");
    }

    private static async Task SeesItsMessageDeliveredAsync(RunningProgram program, string server)
    {
        var code = await program.EndAsync();
        Assert.True(code == 0, $"The program ended with {code}; the server is {server}.\n{program.Said}");
        Assert.Equal(["accepted", "delivered"], program.Output);
    }

    /// <summary>Starts a server, and a recipient for the example's message.</summary>
    /// <returns>Where it listens.</returns>
    private async Task<string> ServeAsync()
    {
        var serve = Run(_tool, "serve", "--json", "--tcp", "127.0.0.1:0", "--http", "none");
        var server = $"tcp://{Json.Parse((await serve.WhenPrintedAsync(1))[0]).Text("tcp")}";
        Run(_tool, "receive", "--as", "bob", "--server", server["tcp://".Length..], "--json");
        return server;
    }

    private async Task<string> TokenAsync()
    {
        var token = Run(_tool, "token", "alice");
        Assert.Equal(0, await token.EndAsync());
        return Assert.Single(token.Output);
    }

    private RunningProgram Run(string program, params string[] words)
    {
        var variables = new Dictionary<string, string> { ["XDG_STATE_HOME"] = Path.Combine(_folder, "state"), ["DOTNET_ROOT"] = DotnetRoot() };
        var running = RunningProgram.Start(program, _folder, variables, words);
        _programs.Add(running);
        return running;
    }

    private string ProjectText() => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <InvariantGlobalization>true</InvariantGlobalization>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Hexagram.Client" Version="{feed.Version}" />
          </ItemGroup>
        </Project>
        """;

    /// <summary>Where the .NET is that this test runs on: a program's own launcher looks for it in places where it need not be.</summary>
    private static string DotnetRoot() => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static string ExampleIn(string readme) => Example().Match(readme).Groups[1].Value;

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
