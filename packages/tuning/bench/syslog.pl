# A syslogd that stamps lines as Debian's rsyslog does: perl syslog.pl /dev/log /var/log/mail.log
use strict;
use warnings;
use IO::Socket::UNIX;
use POSIX qw(strftime);
use Time::HiRes qw(gettimeofday);

my ($path, $file) = @ARGV;
unlink $path;
my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $path) or die "$path: $!";
chmod 0666, $path;
open my $log, '>>', $file or die "$file: $!";
$log->autoflush(1);
$| = 1;
print "ready\n";
while (defined $socket->recv(my $message, 65536)) {
    $message =~ s/^<\d+>\w{3} [ \d]\d [\d:]{8} //;
    $message =~ s/[\0\n]+\z//;
    my ($seconds, $micro) = gettimeofday;
    printf $log "%s.%06d+00:00 mail.lab.test %s\n", strftime('%Y-%m-%dT%H:%M:%S', gmtime $seconds), $micro, $message;
}
