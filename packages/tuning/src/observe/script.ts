import { framing } from '../probe/framing.ts';

/**
 * Reads the end of the mail log and the queue listing and prints what they add up to: rates and counts, no addresses
 * but domains and relays. Read-only; takes seconds on a large queue. `parseObservation` reads what it prints.
 *
 * Means come with how far they may be off: three standard errors; 5% for delays, which Postfix rounds to two digits; and
 * where the log tells whole seconds, sessions that began in the same second count as one, as all of them are rounded
 * the same way.
 */
export const observeScript: string = `${framing}# An argument names the log where it is somewhere else.
M=$1
s_log() {
  for f in /var/log/mail.log /var/log/maillog "$M"; do [ ! -r "$f" ] || l=$f; done
  if [ -n "$l" ]; then tail -n 60000 "$l"; else journalctl -q --no-pager -n 60000 -o short-iso -t postfix/smtpd -t postfix/smtp -t postfix/qmgr -t postfix/lmtp -t postfix/error; fi | awk '
    BEGIN{CONVFMT=OFMT="%.6f"} # no exponents
    !/postfix[^ ]*\\/[a-z]*\\[[0-9]*\\]: /{next}
    {c=$1~/T/?substr($1,index($1,"T")+1):$3;split(c,h,":");t=h[1]*3600+h[2]*60+h[3]+day;if(t<last-43200){day+=86400;t+=86400}last=t;if(!n++)first=t
     match($0,/\\[[0-9]+\\]: /);id=substr($0,RSTART,RLENGTH)}
    /\\/smtpd\\[[0-9]+\\]: connect from /{conn++;start[id]=t;if(c~/\\./)exact=1;if(!(int(t) in began)){began[int(t)];k++}m=int(t/60);if(++minute[m]>peak)peak=minute[m];next}
    /\\/smtpd\\[[0-9]+\\]: disconnect from /{if(id in start){s=t-start[id];ses+=s;sq+=s*s;sn++;delete start[id]}next}
    /NOQUEUE: reject/{rej++;if(/User unknown|Recipient address rejected/)unk++;next}
    /\\/smtpd\\[[0-9]+\\]: [0-9A-Za-z]+: client=/{rec++;next}
    / status=(sent|deferred|bounced)/{
      if(/status=sent/)sent++;else if(/status=deferred/)def++;else bou++
      if(/Host or domain name not found|Name service error|Host not found/)dns++
      if(/timed out/)tmo++
      if(/[Uu]ser unknown|unknown user|does not exist|5\\.1\\.1/)unk++
      if(match($0,/relay=[^,[]+/)){r=substr($0,RSTART+6,RLENGTH-6);if(match($0,/delays=[0-9.\\/]+/)){split(substr($0,RSTART+7,RLENGTH-7),d,"/");rn[r]++;x=d[3]+d[4];rs[r]+=x;rq[r]+=x*x}}}
    function error(n,s,q,v){v=n>1?(q-s*s/n)/(n-1):0;return v>0?3*sqrt(v/n):0}
    END{if(!n)exit;print "seconds:"last-first;print "connections:"conn+0;print "peak:"peak/60;print "session:"(sn?ses/sn:0);print "session-error:"(sn<2?ses:exact?error(sn,ses,sq):error(sn,ses,sq)*sqrt(sn/k)+3/k);print "received:"rec+0;print "rejected:"rej+0;print "sent:"sent+0;print "deferred:"def+0;print "bounced:"bou+0;print "dns:"dns+0;print "timeouts:"tmo+0;print "unknown:"unk+0
      for(i=0;i<12;i++){b="";for(r in rn)if(b==""||rn[r]>rn[b])b=r;if(b=="")break;print "relay:"b,rn[b],rs[b]/rn[b],error(rn[b],rs[b],rq[b])+.05*rs[b]/rn[b];delete rn[b]}}'
}
s_mail() {
  command -v postqueue >/dev/null || return
  # A queue that cannot be listed is not an empty one.
  { postqueue -j || echo unlisted; } | head -n 200000 | awk -v now="$(date +%s)" '
    function field(k){return match($0,"\\"" k "\\": *\\"?[^\\",}]*")?substr($0,RSTART,RLENGTH):""}
    $0=="unlisted"{bad=1;next}
    {n++;q=field("queue_name");sub(/.*"/,"",q);queue[q]++
     a=field("arrival_time");sub(/.*: */,"",a);m=(now-a)/60;k=5;while(k<m&&k<10240)k*=2;age[k]++
     if(/"sender": *"MAILER-DAEMON"/)null++
     a=field("address");sub(/.*@/,"",a);dom[a]++
     if(match($0,/"delay_reason": *"[^"]*/)){r=substr($0,RSTART,RLENGTH);sub(/.*": *"/,"",r)
       r=r~/Host or domain name not found|Name service error|Host not found/?"dns":r~/timed out/?"timeout":r~/refused/?"refused":r~/lost connection/?"lost connection":r~/[Gg]reylist|try again/?"told to try again":r~/[Qq]uota|full/?"mailbox full":r~/unknown/?"unknown recipient":"other";why[r]++}}
    END{if(bad)exit;print "total:"n+0;print "null:"null+0;for(k in queue)print "queue."k":"queue[k];for(k in age)print "age.<"k":"age[k];for(k in why)print "reason."k":"why[k]
      for(i=0;i<12;i++){b="";for(k in dom)if(b==""||dom[k]>dom[b])b=k;if(b=="")break;print "domain."b":"dom[b];delete dom[b]}}'
}
{ S log 60; S mail 60; S end; } | F
`;
