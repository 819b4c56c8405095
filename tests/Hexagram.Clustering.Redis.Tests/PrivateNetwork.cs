using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Hexagram.Clustering.Redis.Tests;

/// <summary>
/// A network that only this process knows: places around a router, each of them a network namespace of the kernel, and one more cable, to this process. What is to be
/// lost is lost at the router: nobody hears of it, and connections stay open. It takes Linux, root, and Debian's package iproute2.
/// </summary>
internal sealed class PrivateNetwork : IAsyncDisposable
{
    /// <summary>Of all rules of the router that say what is lost.</summary>
    private const int Priority = 100;

    private readonly string _cable = $"hexagram{Environment.ProcessId}";
    private readonly string _router = $"hexagram-{Environment.ProcessId}-router";
    private readonly List<Place> _places = [];
    private string _range = "";

    private string Gateway => $"{_range}.254";

    /// <summary>Makes the router, and the cable to it.</summary>
    public async Task StartAsync()
    {
        await RemoveAsync();
        _range = await FreeRangeAsync();
        await RunAsync($"""
            ip netns add {_router}
            ip netns exec {_router} sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
            """);
        await ConnectAsync("ip", _cable, "process", $"{_range}.1");
    }

    /// <summary>Makes one more place.</summary>
    public async Task<Place> AddAsync(string name)
    {
        var space = $"hexagram-{Environment.ProcessId}-{name}";
        var place = new Place(name, IPAddress.Parse($"{_range}.{_places.Count + 2}"), ["ip", "netns", "exec", space]);
        _places.Add(place);
        await RunAsync($"""
            ip netns add {space}
            ip -n {space} link set lo up
            """);
        await ConnectAsync($"ip -n {space}", "eth0", name, $"{place.Address}");
        return place;
    }

    /// <summary>Nothing that the one sends reaches the other; the way back is another matter.</summary>
    public Task LoseAsync(Place from, Place to) => RunAsync($"ip -n {_router} rule add priority {Priority} from {from.Address} to {to.Address} blackhole");

    /// <summary>A part (0 to 1) of what this place sends is lost, packet by packet, at random.</summary>
    public Task LoseSomeAsync(Place from, double part) => RunAsync($"""
        tc -n {_router} qdisc add dev {from.Name} clsact
        tc -n {_router} filter add dev {from.Name} ingress bpf direct-action bytecode '{LosingSome(part)}'
        """);

    /// <summary>Nothing is lost any more.</summary>
    public Task MendAsync() => RunAsync($"""
        while ip -n {_router} rule delete priority {Priority} 2>/dev/null; do :; done
        for place in {string.Join(' ', _places.Select(place => place.Name))}; do tc -n {_router} qdisc delete dev $place clsact 2>/dev/null || :; done
        """);

    /// <summary>How many packets of TCP this place has sent again.</summary>
    public static async Task<long> SentAgainAsync(Place place) =>
        long.Parse(await RunAsync($"{string.Join(' ', place.Within)} nstat -asz TcpRetransSegs | awk '/^Tcp/ {{ print $2 }}'"), CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await RemoveAsync();

    /// <summary>Whatever has this process' number, and what killed ones have left: the places, and who is there.</summary>
    private async Task RemoveAsync() => await RunAsync($$"""
        ip link delete {{_cable}} 2>/dev/null || :
        for name in $(ip netns list | grep -o '^hexagram-[0-9]*-[a-z0-9]*'); do
            process=$(echo $name | cut -d- -f2)
            if [ $process = {{Environment.ProcessId}} ] || [ ! -e /proc/$process ]; then
                ip netns pids $name | xargs -r kill -9 || :
                ip netns delete $name || :
            fi
        done
        """);

    /// <summary>The first three numbers of addresses to which this machine knows no way but the default.</summary>
    private static async Task<string> FreeRangeAsync()
    {
        foreach (var range in Enumerable.Range(Environment.ProcessId, 256).SelectMany(n => new[] { $"10.77.{n % 256}", $"198.18.{n % 256}" }))
        {
            if (await RunAsync($"ip route show to match {range}.1 | grep -v ^default || :") is "")
            {
                return range;
            }
        }

        throw new InvalidOperationException("This machine has ways to everything under 10.77 and 198.18: there is no room for a network of one's own.");
    }

    private async Task ConnectAsync(string ip, string device, string port, string address) => await RunAsync($"""
        {ip} link add {device} type veth peer name {port} netns {_router}
        {ip} address add {address} peer {Gateway} dev {device}
        {ip} link set {device} up
        ip -n {_router} address add {Gateway} peer {address} dev {port}
        ip -n {_router} link set {port} up
        {ip} route add {_range}.0/24 via {Gateway}
        """);

    /// <summary>
    /// A filter of four steps (linux/filter.h), for kernels without netem: take a random number; is it not below the limit, go to the last step; lose the packet; let it pass.
    /// </summary>
    private static string LosingSome(double part) => string.Create(
        CultureInfo.InvariantCulture, $"4,32 0 0 {unchecked((uint)(-0x1000 + 56))},53 1 0 {(uint)(part * uint.MaxValue)},6 0 0 2,6 0 0 {uint.MaxValue}");

    /// <summary>Runs lines of the shell until one fails.</summary>
    /// <returns>What they printed.</returns>
    private static async Task<string> RunAsync(string lines)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-euc", lines]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync().WaitAsync(ThreeNodes.Patience);
        return shell.ExitCode == 0 ? (await output).Trim() : throw new InvalidOperationException($"This network cannot be made or changed: {await errors}\n{lines}");
    }
}

/// <summary>A place in a network of one's own.</summary>
/// <param name="Name">What the router calls it.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Within">What the command line of a process begins with that is to be there.</param>
internal sealed record Place(string Name, IPAddress Address, IReadOnlyList<string> Within);
